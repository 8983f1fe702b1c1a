// Light, dark, or as the system says. Loaded before the first paint, so that nothing flashes.
(() => {
  const chosen = localStorage.getItem('corka-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
