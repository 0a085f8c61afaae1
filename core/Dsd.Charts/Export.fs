/// Pictures as SVG and PNG, drawn by a browser without a window.
module internal Dsd.Charts.Export

open System
open System.IO
open System.Text.RegularExpressions
open Dsd
open Newtonsoft.Json

/// What a file of a picture is.
[<RequireQualifiedAccess>]
type Format =
    | Page
    | Svg
    | Png

/// A picture as the browser gets it.
type Figure = { Title: string; Subtitle: string; Height: int; Json: string }

/// The usual width of SVG and PNG, in pixels: that of the text of a page.
[<Literal>]
let usual = 960

let private least, most = 200, 4000

/// The format that the ending of a path names.
let formatOf (path: string) =
    match (nonNull (Path.GetExtension path)).ToLowerInvariant() with
    | ""
    | ".html"
    | ".htm" -> Format.Page
    | ".svg" -> Format.Svg
    | ".png" -> Format.Png
    | ending ->
        raise (
            DsdException
                $"'{path}': pictures are not saved as {ending}. Name a file that ends in .svg, .png, .html or .htm; other programs convert an SVG."
        )

/// The name of a file without its ending, by number and title.
let name (number: int) (title: string) =
    let words = Regex.Replace(title.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim '-'
    $"%02d{number}-{words}".TrimEnd '-'

/// The file to which a path leads, through links if it is one; a device stays what it is.
let target (path: string) =
    if isNull (FileInfo path).LinkTarget then
        path
    else
        match (FileInfo path).ResolveLinkTarget(returnFinalTarget = true) with
        | null -> path
        // What a process has open, as /dev/stdout leads to, has no path of its own.
        | file when file.FullName.StartsWith("/proc/", StringComparison.Ordinal) -> path
        | file -> file.FullName

/// Writes a file atomically, into folders that may not exist yet.
let write (path: string) (content: FileStream -> unit) =
    let path = target path

    match Path.GetDirectoryName(Path.GetFullPath path) with
    | null -> ()
    | folder -> Directory.CreateDirectory folder |> ignore

    AtomicFile.Write(path, content)

/// Draws each figure under its heading on white, as wide as asked, and leaves nothing on the page but the files in base64.
/// Plotly marks elements by random numbers, and leaves empty styles behind now and then: they are replaced, so that the same figure gives the same file.
let private script =
    """async function dsdExport(figures, width, png) {
  var family = "system-ui, sans-serif", margin = 10, pen = document.createElement('canvas').getContext('2d');
  function escaped(text) { return text.replace(/&/g, '&amp;').replace(/</g, '&lt;'); }
  function heading(text, font, colour, step) {
    var lines = [];
    pen.font = font;
    text.split(/\s+/).filter(Boolean).forEach(function (word) {
      var longer = lines.length ? lines[lines.length - 1] + ' ' + word : word;
      if (lines.length && pen.measureText(longer).width <= width - 2 * margin) lines[lines.length - 1] = longer;
      else lines.push(word);
    });
    return lines.map(function (line) { return { line: line, font: font, colour: colour, step: step }; });
  }
  async function svg(figure, number) {
    var box = document.createElement('div');
    box.id = 'dsd-' + number;
    box.style.cssText = 'width:' + (width - 2 * margin) + 'px;height:' + figure.height + 'px';
    document.body.replaceChildren(box);
    dsdDraw(box.id, figure.figure, 0);
    for (var tries = 0; !box.getAttribute('data-drawn'); tries++) {
      if (tries === 1000) throw new Error('a chart does not appear');
      await new Promise(function (done) { setTimeout(done, 20); });
    }
    var size = { format: 'svg', width: box.clientWidth, height: box.clientHeight, imageDataOnly: true };
    var chart = await Plotly.toImage(box, size), mark = /id="(?:top)?defs-([0-9a-f]{6})"/.exec(chart);
    if (mark) chart = chart.split(mark[1]).join('dsd');
    chart = chart.replace(/ trace[0-9a-f]{6}(?=["\s])/g, '').replace(/ style=""/g, '');
    var top = 10, texts = heading(figure.title, '600 20px ' + family, '#24292f', 26).concat(heading(figure.subtitle, '14px ' + family, '#57606a', 20)).map(function (part) {
      top += part.step;
      return '<text x="' + margin + '" y="' + (top - 4) + '" fill="' + part.colour + '" style="font: ' + part.font + '">' + escaped(part.line) + '</text>';
    });
    top += 4;
    var height = top + size.height;
    return {
      height: height,
      text: '<svg xmlns="http://www.w3.org/2000/svg" width="' + width + '" height="' + height + '" viewBox="0 0 ' + width + ' ' + height + '" role="img">' +
        '<title>' + escaped(figure.title) + '</title><rect width="100%" height="100%" fill="#ffffff"/>' + texts.join('') + chart.replace('<svg ', '<svg x="' + margin + '" y="' + top + '" ') + '</svg>\n'
    };
  }
  function base64(text) {
    return btoa(Array.from(new TextEncoder().encode(text), function (byte) { return String.fromCharCode(byte); }).join(''));
  }
  async function pixels(drawn) {
    var image = new Image(), canvas = document.createElement('canvas');
    image.src = 'data:image/svg+xml;base64,' + base64(drawn.text);
    await image.decode();
    canvas.width = 2 * width;
    canvas.height = 2 * drawn.height;
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    var content = canvas.toDataURL('image/png').split(',')[1];
    if (!content) throw new Error('the picture is too large: ' + canvas.width + ' by ' + canvas.height + ' pixels');
    return content;
  }
  var result = document.createElement('pre'), files = [];
  try {
    for (var i = 0; i < figures.length; i++) {
      var drawn = await svg(figures[i], i);
      files.push(png ? await pixels(drawn) : base64(drawn.text));
    }
    result.id = 'dsd-files';
    result.textContent = files.join(' ');
  } catch (error) {
    result.id = 'dsd-error';
    result.textContent = String(error);
  }
  document.body.replaceChildren(result);
}
"""

let private text (words: string) = JsonConvert.ToString(words).Replace("<", "\\u003c")

let private page (format: Format) (width: int) (figures: Figure list) =
    let all =
        [ for f in figures -> $"{{title:{text f.Title},subtitle:{text f.Subtitle},height:{f.Height},figure:{f.Json}}}" ]
        |> String.concat ","

    let png = if format = Format.Png then "true" else "false"

    $"""<!DOCTYPE html>
<meta charset="utf-8">
<body style="margin:0; color:#24292f; background:#ffffff">
<script>{PlotlyScript.library.Value}</script>
<script>{PlotlyScript.draw}{script}dsdExport([{all}], {width}, {png});</script>
"""

/// Draws figures into the contents of files, in their order.
let draw (format: Format) (width: int) (figures: Figure list) =
    if width < least || width > most then
        raise (ArgumentOutOfRangeException(nameof width, width, $"A picture is {least} to {most} pixels wide."))

    let browser = Chromium.installed ()
    let elements = Chromium.elements browser (TimeSpan.FromMinutes 2.0) (page format width figures)
    let between (id: string) = Regex.Match(elements, $"<pre id=\"{id}\">([^<]*)</pre>")
    let files = between "dsd-files"

    if not files.Success then
        let reason =
            match between "dsd-error" with
            | failed when failed.Success -> $"it said '{failed.Groups[1].Value}'"
            | _ ->
                $"it shows nothing of a page in {Path.GetTempPath()}; a browser that is installed as a snap cannot read there, so let TMPDIR name a folder of your home"

        raise (
            DsdException
                $"The browser {browser} did not draw the picture: {reason}. A page is saved without it, by a name that ends in .html."
        )

    [ for file in files.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) ->
          Convert.FromBase64String file ]
