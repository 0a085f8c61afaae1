// Tells the page around this one what is wrong with its layout: texts of a chart that stand on each other or outside of it, and a page wider than its window.
(function measure(patience) {
  var charts = Array.from(document.querySelectorAll('.dsd-chart'));
  if (charts.some(function (c) { return c.getAttribute('data-drawn') !== 'true'; }) && patience > 0)
    return setTimeout(function () { measure(patience - 1); }, 50);
  var problems = [];
  charts.forEach(function (chart) {
    var label = chart.getAttribute('aria-label'), box = chart.getBoundingClientRect();
    var texts = Array.from(chart.querySelectorAll('svg text')).filter(function (t) {
      return t.textContent.trim() && getComputedStyle(t).visibility !== 'hidden' && getComputedStyle(t).display !== 'none' && t.getBoundingClientRect().width > 0;
    }).map(function (t) { return { words: t.textContent, at: t.getBoundingClientRect() }; });
    texts.forEach(function (t, i) {
      if (t.at.left < box.left - 1 || t.at.right > box.right + 1 || t.at.top < box.top - 1 || t.at.bottom > box.bottom + 1)
        problems.push(label + ': "' + t.words + '" stands outside');
      texts.slice(i + 1).forEach(function (u) {
        var across = Math.min(t.at.right, u.at.right) - Math.max(t.at.left, u.at.left);
        var down = Math.min(t.at.bottom, u.at.bottom) - Math.max(t.at.top, u.at.top);
        if (across > 1 && down > 3) problems.push(label + ': "' + t.words + '" and "' + u.words + '" overlap');
      });
    });
    var bar = chart.querySelector('.modebar');
    if (bar && getComputedStyle(bar).visibility !== 'hidden') problems.push(label + ': its buttons are seen');
  });
  Array.from(document.querySelectorAll('.table')).forEach(function (table) {
    if (table.scrollWidth <= table.clientWidth) return;
    table.scrollLeft = table.scrollWidth;
    var key = table.querySelector('tbody td');
    if (key.getBoundingClientRect().left < table.getBoundingClientRect().left - 1)
      problems.push('the key column "' + key.textContent + '" of a table scrolls away');
  });
  if (document.documentElement.scrollWidth > window.innerWidth) problems.push('the page is wider than its window');
  parent.postMessage(JSON.stringify({ width: window.innerWidth, charts: charts.length, problems: problems }), '*');
})(200);
