// Turns each output on the page into pieces in order: HTML as it is, and charts as pictures of this width.
(async function () {
  var wait = function (ms) { return new Promise(function (done) { setTimeout(done, ms); }); };
  var charts = document.querySelectorAll('.dsd-chart');
  while (document.querySelectorAll('.dsd-chart[data-drawn]').length < charts.length) await wait(50);

  async function picture(chart) {
    await Plotly.relayout(chart, { paper_bgcolor: '#ffffff' });
    var size = { width: chart.clientWidth, height: chart.clientHeight };
    var url = await Plotly.toImage(chart, { format: 'png', width: size.width, height: size.height, scale: 1.25 });
    return { id: chart.id, label: chart.getAttribute('aria-label'), png: url.split(',')[1], width: size.width, height: size.height };
  }

  var outputs = [];
  for (var section of document.querySelectorAll('section.output')) {
    var pieces = [], html = '';
    var flush = function () { if (html.trim()) pieces.push({ html: html.trim() }); html = ''; };
    for (var node of Array.from(section.childNodes)) {
      if (node.nodeName === 'SCRIPT') continue;
      var inside = node.nodeType !== 1 ? [] : node.matches('.dsd-chart') ? [node] : Array.from(node.querySelectorAll('.dsd-chart'));
      var pictures = [];
      for (var chart of inside) pictures.push(await picture(chart));
      for (var drawn of inside) drawn.remove();
      if (node.nodeType === 1 && node.isConnected) {
        for (var script of Array.from(node.querySelectorAll('script'))) script.remove();
        if (inside.length === 0 || node.textContent.trim()) html += node.outerHTML;
      } else if (node.nodeType === 3) html += node.textContent;
      if (pictures.length) { flush(); pieces.push.apply(pieces, pictures); }
    }
    flush();
    outputs.push(pieces);
  }

  var result = document.createElement('pre');
  result.id = 'outputs';
  result.textContent = JSON.stringify(outputs);
  document.body.replaceChildren(result);
})();
