// Returns the texts with too little contrast to the nearest ground behind them.
() => {
  const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (one) => { for (let at = one; at; at = at.parentElement) {
    const color = numbers(getComputedStyle(at).backgroundColor); if (color.length === 3 || color[3] > 0.7) return color; } return [255, 255, 255]; };
  const faint = [];
  for (const one of document.querySelectorAll('main *, header *')) {
    const says = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!says || !one.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(`${one.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return faint;
}
