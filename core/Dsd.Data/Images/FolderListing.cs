using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Data;

/// <summary>The listing of a folder of images: classes and file names.</summary>
/// <param name="Path">The folder.</param>
/// <param name="ClassNames">The classes, in ordinal order.</param>
/// <param name="Train">The training images.</param>
/// <param name="Validation">The validation images.</param>
/// <param name="Test">The test images.</param>
/// <param name="Problems">The files that are skipped, and the classes missing from splits.</param>
internal sealed record FolderListing(string Path, ValueList<string> ClassNames, FolderPart Train, FolderPart Validation, FolderPart Test, ValueList<DataProblem> Problems)
{
    private const string Layout = "Expected is PATH/train/CLASS/IMAGE and PATH/val/CLASS/IMAGE, and, if there is a test split, PATH/test/CLASS/IMAGE";

    /// <summary>Lists a folder.</summary>
    /// <exception cref="DsdException">The folder does not have the expected layout, or cannot be read.</exception>
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

            var hasTest = Directory.Exists(System.IO.Path.Combine(path, "test"));
            var walk = new FolderWalk(path);
            walk.NoteBeside(hasTest ? ["train", "val", "test"] : ["train", "val"]);
            var names = ClassFolders(System.IO.Path.Combine(path, "train"));
            var train = Part(walk, DataSplit.Train, "train", names);
            var val = Part(walk, hasTest ? DataSplit.Validation : DataSplit.Test, "val", names);
            var (kept, held) = hasTest ? (train, val) : train.HoldOut();
            var test = hasTest ? Part(walk, DataSplit.Test, "test", names) : val;
            var missing = new[] { (DataSplit.Validation, held), (DataSplit.Test, test) }.Select(p => p.Item2.MissingClasses(p.Item1)).OfType<DataProblem>();
            return new(path, names, kept, held, test, [.. walk.Problems(), .. missing]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The folder '{path}' cannot be listed: {e.Message} Check that it is one that you may read.", e);
        }
    }

    /// <summary>Draws the images of a seed and their labels.</summary>
    public FolderListing Drawn(SeedDraw draw)
    {
        var (train, validation) = draw.Redraw == Redraw.None && draw.TrainLimit is { } limit ? (Train.First(limit), []) : draw.Examples(Train.Count, Validation.Count);
        var all = Train.With(Validation);

        // Classes come in order in each part, which two parts together have not.
        train = [.. train.OrderBy(place => all.Labels[place])];
        var drawn = all.Select(train);
        return this with
        {
            Train = drawn with { DrawnLabels = [.. train.Select((place, i) => draw.Label(place, drawn.Labels[i], ClassNames.Count))] },
            Validation = draw.Redraw == Redraw.Splits ? all.Select([.. validation.OrderBy(place => all.Labels[place])]) : Validation,
        };
    }

    /// <summary>The full paths of all images.</summary>
    public IEnumerable<string> ImageFiles => new[] { Train, Validation, Test }.SelectMany(part => Enumerable.Range(0, part.Count).Select(part.FilePath));

    /// <summary>Summarises the contents in one line.</summary>
    public string Contents(int imageSize) =>
        DataEntry.ContentsOfImages(Train.Count, Validation.Count, Test.Count, ClassNames.Count, 3, imageSize)
        + (Pairs(ClassNames, NameForm.DifferByCase).FirstOrDefault() is var (a, b) && a is not null ? $"; classes that differ only by case: '{a}' and '{b}'" : "");

    private static ValueList<string> ClassFolders(string part)
    {
        var names = Directory.EnumerateDirectories(part).Select(p => System.IO.Path.GetFileName(p)).Where(n => !FolderWalk.IsHidden(n)).Order(StringComparer.Ordinal).ToValueList();
        if (Pairs(names, NameForm.IsSameText).FirstOrDefault() is var (a, b) && a is not null)
        {
            var (first, second) = NameForm.Difference(a, b);
            throw new DsdException($"The folder '{part}' has one class name in two Unicode forms: '{a}' and '{b}' ({first} and {second}). Put the images of both into one folder.");
        }

        return names.Count > 0 ? names : throw new DsdException(
            $"The folder '{part}' holds no folders, so there are no classes. {Layout}{(Directory.EnumerateFiles(part).Any() ? "; move its images into a folder for each class" : "")}.");
    }

    private static FolderPart Part(FolderWalk walk, DataSplit split, string name, ValueList<string> classes)
    {
        var part = System.IO.Path.Combine(walk.Root, name);
        var here = ClassFolders(part);
        if (here.Except(classes).ToList() is { Count: > 0 } unknown)
        {
            throw new DsdException($"The folder '{part}' has classes that train lacks: {TextList.FirstFew([.. unknown.Select(name => WithTwin(name, classes))])}. Both need the same names; add them to train, or remove them.");
        }

        walk.NoteAbove(split, name);
        List<string> files = [];
        List<int> labels = [];
        List<string> empty = [];
        for (var label = 0; label < classes.Count; label++)
        {
            if (!here.Contains(classes[label]))
            {
                continue;
            }

            var images = walk.ImagesOf(split, $"{name}/{classes[label]}");
            if (images.Count == 0)
            {
                empty.Add(classes[label]);
            }

            files.AddRange(images);
            labels.AddRange(Enumerable.Repeat(label, images.Count));
        }

        return empty.Count == 0 ? new(part, classes, [.. files], [.. labels]) : throw new DsdException(
            $"The folder '{part}' has {empty.Count} class{(empty.Count == 1 ? "" : "es")} without an image: {TextList.FirstFew(empty)}. Images end in {string.Join(", ", FolderWalk.Extensions)}; add some, or remove the folders.");
    }

    /// <summary>Finds pairs of names that are alike by a criterion.</summary>
    private static IEnumerable<(string First, string Second)> Pairs(ValueList<string> names, Func<string, string, bool> areAlike) => names
        .GroupBy(NameForm.Skeleton).Where(g => g.Count() > 1)
        .SelectMany(g => g.SelectMany((a, i) => g.Skip(i + 1).Where(b => areAlike(a, b)).Select(b => (a, b))));

    /// <summary>Formats a class that train lacks, with its difference from a similar name.</summary>
    private static string WithTwin(string name, ValueList<string> classes)
    {
        if (classes.FirstOrDefault(c => NameForm.IsAlike(name, c)) is not { } twin)
        {
            return name;
        }

        var (here, there) = NameForm.Difference(name, twin);
        return $"'{name}' (train has '{twin}': {here} here, {there} there)";
    }
}
