using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>The dimensions of a weight tensor and a sparsity, as plain data that prints as code.</summary>
public sealed record PatternCase
{
    /// <summary>Creates a case.</summary>
    /// <param name="dims">The dimensions, outermost first; two to four of them.</param>
    /// <param name="sparsity">The fraction to prune, at least 0 and below 1.</param>
    /// <param name="device">The device of its tensors: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public PatternCase(IEnumerable<long> dims, double sparsity, string device = "cpu") => (Dims, Sparsity, Device) = (dims.ToValueList(), new Sparsity(sparsity).Value, LawDevice.Checked(device));

    /// <summary>The dimensions, outermost first.</summary>
    public ValueList<long> Dims { get; }

    /// <summary>The fraction to prune.</summary>
    public double Sparsity { get; }

    /// <summary>The device of the tensor.</summary>
    public string Device { get; }

    /// <summary>The number of weights.</summary>
    internal long Count => Dims.Aggregate(1L, (a, b) => a * b);

    /// <summary>Prints the case as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => code.New(nameof(PatternCase), [code.Longs(Dims), Code.Double(Sparsity), .. code.Device(Device)]);

    internal PatternCase On(string device) => new(Dims, Sparsity, device);

    internal IEnumerable<PatternCase> Shrink()
    {
        for (var i = 0; i < Dims.Count; i++)
        {
            if (Dims.Count > 2)
            {
                yield return new(Dims.Where((_, j) => j != i), Sparsity, Device);
            }

            foreach (var smaller in new[] { Dims[i] / 2, Dims[i] - 1 }.Where(d => d >= 1))
            {
                yield return new(Dims.SetItem(i, smaller), Sparsity, Device);
            }
        }
    }
}
