// Returns the controls that have no name.
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, video, dialog')]
  .filter(one => {
    const by = (one.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id)?.textContent).join('');
    const said = [by, one.getAttribute('aria-label'), one.textContent, ...[...(one.labels || [])].map(label => label.textContent)];
    return !said.some(text => text && text.trim());
  }).map(one => one.outerHTML.slice(0, 120))
