"""Checks that a brief has what the templates that it names need."""

from collections.abc import Iterator

from flows.templates import AUTO, TEMPLATES
from flows.templates.story import FEATURES_MIN, Need, copy_of, facts_of
from schemas.brief import Brief, Variant
from schemas.document import Problem, join

_WANTED: dict[Need, str] = {
    "features": "two features or more",
    "quote": "what a customer says",
    "before": "a label for the picture before",
    "after": "a label for the picture after",
    "pictures": "two pictures of the product, before and after",
    "sale_price": "a sale that is on",
}
_CURES: dict[Need, str] = {"sale_price": "give one, or a later sale_ends"}
_OF_THE_PRODUCT: dict[Need, str] = {"pictures": "images", "sale_price": "sale_price"}
"""Where the needs stand that are no matter of language."""


def template_problems(brief: Brief) -> Iterator[Problem]:
    """Yield what a named template needs and the brief lacks, each place once."""
    told = set()
    for number, variant in enumerate(brief.variants):
        name = variant.template or brief.template
        if brief.storyboard or name == AUTO:
            continue
        for need in TEMPLATES[name].needs:
            for where in _gaps(brief, need, number, variant):
                if (where, name) not in told:
                    told.add((where, name))
                    what = f"the template {name} needs {_WANTED[need]}"
                    cure = f"{_CURES.get(need, 'add it')}, or choose another template"
                    yield Problem(where=where, what=what, cure=cure)


def template_notes(brief: Brief) -> Iterator[str]:
    """Yield what no ad shows because another locale has fewer features: all show the same shots."""
    if brief.storyboard:
        return
    for variant in brief.variants:
        counts = {tag: len(copy_of(brief, tag, variant).features) for tag in brief.locales}
        fewest = min(counts, key=lambda tag: counts[tag])
        if FEATURES_MIN <= counts[fewest] < max(counts.values()):
            yield f"features of variant {variant.id}: {counts[fewest]} can be shown, for {fewest} has no more"


def _gaps(brief: Brief, need: Need, number: int, variant: Variant) -> Iterator[str]:
    """Yield the places where *need* is not met."""
    products = brief.products if isinstance(brief.products, tuple) else ()
    copies = {tag: copy_of(brief, tag, variant) for tag in brief.locales}
    if need in _OF_THE_PRODUCT:
        for n, product in enumerate(products):
            if not facts_of(product, [*copies.values()]).has(need):
                yield f"products[{n}].{_OF_THE_PRODUCT[need]}"
        return
    for tag, copy in copies.items():
        if not facts_of(products[0], [copy]).has(need):
            changed = tag in variant.locales and need in variant.locales[tag].model_fields_set
            start = join(join("variants", number), "locales") if changed else "locales"
            yield join(join(start, tag), need)
