namespace Dsd.Data;

/// <summary>The generator of captions for scenes of one to four garments in two rows and two columns, by a few patterns.</summary>
internal static class SceneCaptions
{
    private static readonly (string One, string More)[] s_names =
    [
        ("a t-shirt", "t-shirts"), ("a pair of trousers", "pairs of trousers"), ("a pullover", "pullovers"), ("a dress", "dresses"), ("a coat", "coats"),
        ("a sandal", "sandals"), ("a shirt", "shirts"), ("a sneaker", "sneakers"), ("a bag", "bags"), ("an ankle boot", "ankle boots"),
    ];

    private static readonly string[] s_numbers = ["", "", "two", "three", "four"];

    /// <summary>Generates distinct sentences about a scene, in random order.</summary>
    /// <param name="classes">The class in each place, row by row, or −1 for an empty place; at least one garment.</param>
    /// <param name="count">The number of sentences.</param>
    /// <param name="random">The random stream that selects and orders the sentences.</param>
    public static string[][] Of(ReadOnlySpan<int> classes, int count, CounterRandom random)
    {
        var sentences = All(classes[0], classes[1], classes[2], classes[3]);
        return [.. random.Permutation(sentences.Count).Take(count).Select(i => sentences[i].Split(' '))];
    }

    private static List<string> All(int topLeft, int topRight, int bottomLeft, int bottomRight)
    {
        var (top, bottom) = (Group(topLeft, topRight), Group(bottomLeft, bottomRight));
        var (left, right) = (Group(topLeft, bottomLeft), Group(topRight, bottomRight));
        var all = Group(topLeft, topRight, bottomLeft, bottomRight);
        List<string> sentences = [$"a picture of {all}", $"{Are(topLeft, topRight, bottomLeft, bottomRight)} {all}", $"{all} can be seen here"];
        if (top.Length > 0 && bottom.Length > 0)
        {
            sentences.AddRange([$"{top} above {bottom}", $"{bottom} below {top}", $"{top} at the top and {bottom} at the bottom", $"under {top} {Are(bottomLeft, bottomRight)} {bottom}"]);
        }

        if (left.Length > 0 && right.Length > 0)
        {
            sentences.AddRange([$"{left} to the left of {right}", $"{right} to the right of {left}", $"{left} on the left and {right} on the right"]);
        }

        var (rows, columns) = (top.Length > 0 && bottom.Length > 0, left.Length > 0 && right.Length > 0);
        if (!rows)
        {
            var place = top.Length > 0 ? "top" : "bottom";
            sentences.AddRange(columns
                ? [$"{all} side by side at the {place}", $"{all} at the {place} of the picture"]
                : [$"{all} in the {place} {Side()} corner", $"{all} at the {place} {Side()}", $"the {place} {Side()} corner holds {all}"]);
        }
        else if (!columns)
        {
            sentences.AddRange([$"{all} one above the other on the {Side()}", $"{all} on the {Side()} of the picture"]);
        }

        return sentences;

        string Side() => left.Length > 0 ? "left" : "right";
    }

    /// <summary>Formats garments in order, those of one class together, e.g. <c>"a bag and two coats"</c>; empty if there are none.</summary>
    private static string Group(params ReadOnlySpan<int> classes)
    {
        var seen = new List<(int Class, int Count)>();
        foreach (var garment in classes)
        {
            var place = seen.FindIndex(s => s.Class == garment);
            if (place >= 0)
            {
                seen[place] = (garment, seen[place].Count + 1);
            }
            else if (garment >= 0)
            {
                seen.Add((garment, 1));
            }
        }

        return string.Join(" and ", seen.Select(s => s.Count == 1 ? s_names[s.Class].One : $"{s_numbers[s.Count]} {s_names[s.Class].More}"));
    }

    private static string Are(params ReadOnlySpan<int> classes) => classes.Length - classes.Count(-1) == 1 ? "there is" : "there are";
}
