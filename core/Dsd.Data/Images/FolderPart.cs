using Dsd.Records;

namespace Dsd.Data;

/// <summary>The images of one split of a folder, by name.</summary>
/// <param name="Path">The folder that holds the class folders.</param>
/// <param name="ClassNames">The names of these folders.</param>
/// <param name="Files">The names of the images relative to their class folder, with / as separator, class by class, in ordinal order within each.</param>
/// <param name="Labels">The true class of each image, in non-decreasing order.</param>
internal sealed record FolderPart(string Path, ValueList<string> ClassNames, string[] Files, int[] Labels)
{
    /// <summary>The folder of each image's class folder, if they lie in several; null if all lie in <see cref="Path"/>.</summary>
    public string[]? Paths { get; init; }

    /// <summary>The class that each image is labelled with; null for the true ones.</summary>
    public int[]? DrawnLabels { get; init; }

    /// <summary>The number of images.</summary>
    public int Count => Files.Length;

    /// <summary>Gets the path of an image.</summary>
    public string FilePath(int index) => System.IO.Path.Combine(Paths?[index] ?? Path, ClassNames[Labels[index]], Files[index]);

    /// <summary>Gets the name of an image for messages: its path relative to the folder of the data.</summary>
    public string NameOf(int index) => $"{System.IO.Path.GetFileName(Paths?[index] ?? Path)}/{ClassNames[Labels[index]]}/{Files[index]}";

    /// <summary>Reports the classes of which the split has no image; null if there is none.</summary>
    public DataProblem? MissingClasses(DataSplit split) =>
        DataProblem.Of(DataProblemKind.Missing, split, "classes of which there is no image", ClassNames.Where((_, label) => Array.BinarySearch(Labels, label) < 0));

    /// <summary>Computes a number from the name of an image alone.</summary>
    public static ulong Lot(string purpose, string className, string file) => CounterRandom.For(0, $"{purpose} {className}/{file}").Bits(0);

    /// <summary>Selects some of the images over all classes, by their names.</summary>
    public FolderPart Take(int count) => Select(First(count));

    /// <summary>Returns the positions of the images that <see cref="Take"/> selects, in ascending order.</summary>
    public int[] First(int count) =>
        [.. Enumerable.Range(0, Count).OrderBy(i => Lot("limit", ClassNames[Labels[i]], Files[i])).ThenBy(i => i).Take(count).Order()];

    /// <summary>Appends the images of another part; the result is not in the order of classes.</summary>
    public FolderPart With(FolderPart other) => this with
    {
        Files = [.. Files, .. other.Files],
        Labels = [.. Labels, .. other.Labels],
        Paths = [.. Enumerable.Repeat(Path, Count), .. Enumerable.Repeat(other.Path, other.Count)],
    };

    /// <summary>Holds out 50 images of each class, but at most a tenth (one of fewer than ten, none of one), selected by their names.</summary>
    public (FolderPart Kept, FolderPart HeldOut) HoldOut()
    {
        var held = new HashSet<int>();
        foreach (var ofClass in Enumerable.Range(0, Count).GroupBy(i => Labels[i]))
        {
            held.UnionWith(ofClass
                .OrderBy(i => Lot("validation", ClassNames[ofClass.Key], Files[i])).ThenBy(i => i)
                .Take(Math.Min(ImageNet.HeldOutOfClass, Math.Max(1, ofClass.Count() / 10)))
                .Take(ofClass.Count() - 1));
        }

        var all = Enumerable.Range(0, Count).ToLookup(held.Contains);
        return (Select([.. all[false]]), Select([.. all[true]]));
    }

    /// <summary>Selects images by their positions.</summary>
    public FolderPart Select(int[] indices) => this with
    {
        Files = [.. indices.Select(i => Files[i])],
        Labels = [.. indices.Select(i => Labels[i])],
        Paths = Paths is null ? null : [.. indices.Select(i => Paths[i])],
    };
}
