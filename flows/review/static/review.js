// What the page does beyond forms and links: play on hover, keys, the selection, what stays after a swap.
// Nothing here is needed to work: without it everything is a form or a link.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const find = (what, within = document) => within.querySelector(what);
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const small = matchMedia("(max-width: 42rem)");
  let lastPick = null; // the card that a click with Shift reaches back to
  let lastCard = 0; // where the focus was before a swap

  // Cards that play.
  const play = (link, unasked) => {
    if (!link || !link.dataset.video || find("video", link) || (unasked && calm.matches)) return;
    const video = document.createElement("video");
    video.muted = video.loop = video.playsInline = true;
    video.setAttribute("aria-hidden", "true");
    video.tabIndex = -1;
    video.src = link.dataset.video;
    find(".frame", link).append(video);
    video.play().catch(() => video.remove());
  };
  const stop = (link) => {
    const video = link && find("video", link);
    if (!video) return;
    video.pause();
    video.removeAttribute("src");
    video.load();
    video.remove();
  };
  const linkAt = (target) => (target instanceof Element ? target.closest(".card")?.querySelector(".card-link") : null);
  let waiting = 0;
  document.addEventListener("pointerover", (event) => {
    const link = event.pointerType === "mouse" ? linkAt(event.target) : null;
    if (!link || link === linkAt(event.relatedTarget)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => play(link, true), 120);
  });
  document.addEventListener("pointerout", (event) => {
    const link = linkAt(event.target);
    if (!link || link === linkAt(event.relatedTarget)) return;
    clearTimeout(waiting);
    if (!link.matches(":focus-visible")) stop(link);
  });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest?.(".card-link");
    if (!link) return;
    lastCard = cards().indexOf(link);
    if (link.matches(":focus-visible")) play(link, true);
  });
  document.addEventListener("focusout", (event) => stop(event.target.closest?.(".card-link")));

  // The selection.
  const picks = () => all('#wall input[name="ad"]');
  const cards = () => all("#wall .card-link");
  const showPicked = () => {
    const bar = find("#actions");
    if (!bar) return;
    const boxes = picks();
    const many = boxes.filter((box) => box.checked).length;
    const whole = find("#pick-all");
    const form = find("#selection");
    const every = Boolean(whole?.checked);
    bar.hidden = !many && !every;
    const words = `${every ? form.elements.total.value : many} selected`;
    if (find("#picked").textContent !== words) find("#picked").textContent = words;
    const page = find("#pick-page");
    if (page) {
      page.checked = many === boxes.length;
      page.indeterminate = many > 0 && many < boxes.length;
    }
    if (whole) whole.closest("label").hidden = many < boxes.length && !every;
    const compare = find("#compare");
    if (compare) {
      compare.hidden = every || many < 2 || many > 4;
      // A link of its own: the form's token has no place in an address.
      const shown = boxes.filter((box) => box.checked).map((box) => `ad=${box.value}`);
      if (!compare.hidden) compare.href = `/compare?${shown.join("&")}`;
    }
  };
  const pickAll = (on) => {
    for (const box of picks()) box.checked = on;
    if (!on && find("#pick-all")) find("#pick-all").checked = false;
    showPicked();
  };
  const pick = (box, reach) => {
    const boxes = picks();
    const [from, to] = [boxes.indexOf(lastPick), boxes.indexOf(box)];
    if (reach && from >= 0) for (const one of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
    lastPick = box;
    showPicked();
  };
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.matches?.('#wall input[name="ad"]')) pick(target, event.shiftKey);
    else if (target.matches?.("#pick-page")) pickAll(target.checked);
    else if (target.matches?.("#pick-all")) { if (target.checked) for (const box of picks()) box.checked = true; showPicked(); }
    else if (target.closest?.("#pick-none")) pickAll(false);
    else if (target.closest?.("[data-help]")) find("#keys").showModal();
    else if (target.closest?.("[data-close]")) find("#told").replaceChildren();
    else if (target.closest?.("[data-at]")) cue(event, target.closest("[data-at]"));
    else if (target.closest?.("#together")) together();
    for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest?.(".pick")) event.preventDefault(); // no text is marked
  });

  // Forms: a rejection needs words; undo and decisions lead back to where the person is now.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const comment = form.elements.comment;
    if (event.submitter?.value === "rejected" && comment && !comment.value.trim()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      comment.setCustomValidity("Say what is wrong: whoever mends it reads that.");
      comment.reportValidity();
      return;
    }
    if (form.elements.back) form.elements.back.value = location.pathname + location.search;
  }, true);
  document.addEventListener("input", (event) => event.target.setCustomValidity?.(""));
  document.addEventListener("click", (event) => {
    event.target.closest?.("button")?.form?.elements.comment?.setCustomValidity(""); // it would hold up other buttons
  }, true);
  // Enter in the comment rejects; the first button of the form would approve.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.name !== "comment") return;
    event.preventDefault();
    find('button[value="rejected"]', event.target.form).click();
  });

  // Players.
  const player = () => find("#video");
  const toggle = (video) => (video.paused ? video.play().catch(() => {}) : video.pause());
  const cue = (event, link) => {
    const video = player();
    if (!video) return;
    event.preventDefault();
    video.currentTime = Number(link.dataset.at) + 0.01;
    video.play().catch(() => {});
  };
  const together = () => {
    const videos = all(".side video");
    const going = videos.some((video) => !video.paused);
    videos.forEach((video, number) => {
      video.muted = number > 0;
      if (going) return video.pause();
      video.currentTime = 0;
      return video.play().catch(() => {});
    });
  };

  // Keys.
  const step = (key) => {
    const links = cards();
    if (!links.length) return follow(key === "ArrowLeft" ? "#before" : key === "ArrowRight" ? "#after" : "");
    const at = links.indexOf(document.activeElement);
    if (at < 0) return focusOn(links[Math.min(lastCard, links.length - 1)]);
    if (key === "ArrowLeft" || key === "ArrowRight") return focusOn(links[at + (key === "ArrowLeft" ? -1 : 1)]);
    const here = links[at].getBoundingClientRect();
    const down = key === "ArrowDown";
    const rows = links
      .map((link) => ({ link, box: link.getBoundingClientRect() }))
      .filter(({ box }) => (down ? box.top > here.top + 8 : box.top < here.top - 8));
    const top = rows.reduce((best, { box }) => (down ? Math.min(best, box.top) : Math.max(best, box.top)), down ? Infinity : -Infinity);
    const middle = here.left + here.width / 2;
    const near = rows.filter(({ box }) => Math.abs(box.top - top) < 8);
    near.sort((a, b) => Math.abs(a.box.left + a.box.width / 2 - middle) - Math.abs(b.box.left + b.box.width / 2 - middle));
    return focusOn(near[0]?.link);
  };
  const focusOn = (link) => {
    if (!link) return false;
    link.focus({ preventScroll: true, focusVisible: true });
    link.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
    return true;
  };
  const follow = (what) => {
    const link = what && find(what);
    if (link) link.click();
    return Boolean(link);
  };
  // The card under the focus stands for the selection where nothing is selected.
  const ensurePicked = () => {
    const wall = find("#wall");
    if (!wall) return Boolean(find("#selection"));
    if (picks().some((box) => box.checked) || find("#pick-all")?.checked) return true;
    const box = document.activeElement.closest?.(".card")?.querySelector('input[name="ad"]');
    if (box) box.checked = true;
    showPicked();
    return Boolean(box);
  };
  const press = (value) => {
    const button = ensurePicked() && find(`#selection button[value="${value}"]`);
    button?.click(); // a real click: htmx takes the button's name and value from it
    return Boolean(button);
  };
  const keys = {
    a: () => press("approved"),
    r: () => { if (!ensurePicked()) return false; find("#comment")?.focus(); return true; },
    u: () => { find("#undo").requestSubmit(); return true; },
    x: () => {
      const box = document.activeElement.closest?.(".card")?.querySelector('input[name="ad"]');
      if (box) { box.checked = !box.checked; pick(box, false); }
      return Boolean(box);
    },
    z: () => { const zone = find("#zone"); if (zone) zone.checked = !zone.checked; return Boolean(zone); },
    "/": () => { const field = find("#q"); if (!field) return false; if (find("#fold")) find("#fold").open = true; field.focus(); field.select(); return true; },
    "?": () => { find("#keys").showModal(); return true; },
    " ": () => {
      const video = player();
      if (video) { toggle(video); return true; }
      const link = document.activeElement.closest?.(".card-link");
      if (!link) return false;
      if (find("video", link)) stop(link); else play(link, false);
      return true;
    },
  };
  const writes = (target) => target.closest?.('input:not([type="checkbox"]), textarea, select, [contenteditable], dialog[open]');
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") return leave(event);
    if (writes(event.target)) return;
    if (event.key === " " && event.target.closest?.("button, summary, video, input, a:not(.card-link)")) return;
    if (event.key.startsWith("Arrow") && event.target.closest?.("video, .menu[open]")) return;
    const done = event.key.startsWith("Arrow") ? step(event.key) : keys[event.key.toLowerCase()]?.();
    if (done) event.preventDefault();
  });
  const leave = (event) => {
    const menu = find("details.menu[open]");
    if (menu) { menu.open = false; find("summary", menu).focus(); return; }
    if (writes(event.target) && event.target.closest("#selection, .filters")) { event.preventDefault(); event.target.blur(); cards()[lastCard]?.focus(); return; }
    if (find("#told .toast")) { find("#told").replaceChildren(); return; }
    pickAll(false);
  };

  // What stays when htmx swaps a part of the page: open menus, and where the focus was.
  let open = [];
  let keep = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const whole = target.id === "main";
    if (whole && !xhr.getResponseHeader("HX-Retarget") && !xhr.responseText.includes('id="main"')) {
      event.detail.shouldSwap = false;
      location.reload(); // the guard has refused: the session is over, or the page is stale
      return;
    }
    open = whole ? all("#main details[id][open]").map((one) => one.id) : [];
    keep = whole && Boolean(document.activeElement.closest?.("#wall, #actions, #told") && find("#wall"));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "main" && event.detail.elt?.id !== "main") return;
    for (const id of open) { const one = document.getElementById(id); if (one && !one.contains(find("#menu-change"))) one.open = one.id !== "menu-change"; }
    lastPick = null;
    ready();
    if (keep) (cards()[Math.min(lastCard, cards().length - 1)] ?? find("#main"))?.focus({ preventScroll: true });
  });

  const ready = () => {
    showPicked();
    const fold = find("#fold");
    if (fold && small.matches && !open.includes("fold")) fold.open = false;
    // A live region speaks of what changes in it: say again what the page came with.
    const words = find("#told .toast p");
    if (words) { const text = words.textContent; words.textContent = ""; setTimeout(() => { words.textContent = text; }, 60); }
  };
  const start = () => { ready(); small.addEventListener("change", () => { const fold = find("#fold"); if (fold) fold.open = !small.matches; }); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
