namespace Dsd.Data.Images;

/// <summary>What is in a folder of images: classes and files by name.</summary>
/// <param name="Path">The folder.</param>
/// <param name="ClassNames">The classes, in ordinal order.</param>
/// <param name="Train">The images to learn from.</param>
/// <param name="Validation">The images to choose on.</param>
/// <param name="Test">The images for the test.</param>
/// <param name="OtherFiles">How many files in the folders of classes are no images by their names.</param>
internal sealed record FolderListing(string Path, ValueList<string> ClassNames, FolderPart Train, FolderPart Validation, FolderPart Test, int OtherFiles)
{
    private const string Layout = "Expected is PATH/train/CLASS/IMAGE and PATH/val/CLASS/IMAGE, and, if there is a test part, PATH/test/CLASS/IMAGE";

    private static readonly string[] s_extensions = [".jpeg", ".jpg", ".png", ".webp", ".bmp", ".gif"];

    /// <summary>Lists a folder.</summary>
    /// <exception cref="DsdException">It is not laid out as expected, or cannot be read.</exception>
    public static FolderListing Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = System.IO.Path.GetFullPath(path);
        try
        {
            foreach (var needed in new[] { path, System.IO.Path.Combine(path, "train"), System.IO.Path.Combine(path, "val") })
            {
                if (!Directory.Exists(needed))
                {
                    throw new DsdException($"There is no folder '{needed}'. {Layout}.");
                }
            }

            var others = 0;
            var names = ClassFolders(System.IO.Path.Combine(path, "train"));
            var train = Part(System.IO.Path.Combine(path, "train"), names, ref others);
            var val = Part(System.IO.Path.Combine(path, "val"), names, ref others);
            var test = System.IO.Path.Combine(path, "test");
            if (Directory.Exists(test))
            {
                return new(path, names, train, val, Part(test, names, ref others), others);
            }

            var (kept, held) = train.HoldOut();
            return new(path, names, kept, held, val, others);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The folder '{path}' cannot be listed: {e.Message} Check that it is one that you may read.", e);
        }
    }

    /// <summary>The full paths of all images.</summary>
    public IEnumerable<string> ImageFiles => new[] { Train, Validation, Test }.SelectMany(part => Enumerable.Range(0, part.Count).Select(part.FilePath));

    /// <summary>What is in it, in one line.</summary>
    public string Contents(int imageSize) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Train.Count:N0} train, {Validation.Count:N0} validation, {Test.Count:N0} test; {ClassNames.Count} classes; 3×{imageSize}×{imageSize}{(OtherFiles > 0 ? $"; {OtherFiles:N0} files that are no images by their names" : "")}{(Pairs(ClassNames, NameForm.DifferByCase).FirstOrDefault() is var (a, b) && a is not null ? $"; classes that differ by case alone: '{a}' and '{b}'" : "")}");

    private static ValueList<string> ClassFolders(string part)
    {
        var names = Visible(Directory.EnumerateDirectories(part)).Order(StringComparer.Ordinal).ToValueList();
        if (Pairs(names, NameForm.IsSameText).FirstOrDefault() is var (a, b) && a is not null)
        {
            var (first, second) = NameForm.Difference(a, b);
            throw new DsdException($"The folder '{part}' has one class name in two Unicode forms: '{a}' and '{b}' ({first} and {second}). Put the images of both into one folder.");
        }

        return names.Count > 0 ? names : throw new DsdException(
            $"The folder '{part}' holds no folders, so that there are no classes. {Layout}{(Directory.EnumerateFiles(part).Any() ? "; move its images into a folder for each class" : "")}.");
    }

    private static FolderPart Part(string part, ValueList<string> classes, ref int others)
    {
        var here = ClassFolders(part);
        if (here.Except(classes).ToList() is { Count: > 0 } unknown)
        {
            throw new DsdException($"The folder '{part}' has classes that train lacks: {Some([.. unknown.Select(name => WithTwin(name, classes))])}. Both need the same names; put them into train too, or take them away.");
        }

        List<string> files = [];
        List<int> labels = [];
        List<string> empty = [];
        for (var label = 0; label < classes.Count; label++)
        {
            if (!here.Contains(classes[label]))
            {
                continue;
            }

            var folder = System.IO.Path.Combine(part, classes[label]);
            var all = Visible(Directory.EnumerateFiles(folder)).ToList();
            var images = all.Where(f => s_extensions.Contains(System.IO.Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
            others += all.Count - images.Count;
            if (images.Count == 0)
            {
                if (Directory.EnumerateDirectories(folder).Any())
                {
                    throw new DsdException($"The folder '{folder}' holds folders and no images. {Layout}; move the images up.");
                }

                empty.Add(classes[label]);
            }

            files.AddRange(images);
            labels.AddRange(Enumerable.Repeat(label, images.Count));
        }

        return empty.Count == 0 ? new(part, classes, [.. files], [.. labels]) : throw new DsdException(
            $"The folder '{part}' has {empty.Count} class{(empty.Count == 1 ? "" : "es")} without an image: {Some(empty)}. Images end in {string.Join(", ", s_extensions)}; put some there, or take the folders away.");
    }

    /// <summary>The names of entries that are not hidden.</summary>
    private static IEnumerable<string> Visible(IEnumerable<string> paths) => paths.Select(p => System.IO.Path.GetFileName(p)).Where(n => !n.StartsWith('.'));

    /// <summary>Pairs of names that are alike in some way.</summary>
    private static IEnumerable<(string First, string Second)> Pairs(ValueList<string> names, Func<string, string, bool> areAlike) => names
        .GroupBy(NameForm.Skeleton).Where(g => g.Count() > 1)
        .SelectMany(g => g.SelectMany((a, i) => g.Skip(i + 1).Where(b => areAlike(a, b)).Select(b => (a, b))));

    /// <summary>A class that train lacks, and how it differs from one that looks like it.</summary>
    private static string WithTwin(string name, ValueList<string> classes)
    {
        if (classes.FirstOrDefault(c => NameForm.IsAlike(name, c)) is not { } twin)
        {
            return name;
        }

        var (here, there) = NameForm.Difference(name, twin);
        return $"'{name}' (train has '{twin}': {here} here, {there} there)";
    }

    private static string Some(List<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");
}
