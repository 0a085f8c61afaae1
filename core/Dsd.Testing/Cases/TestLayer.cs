using System.Globalization;

namespace Dsd.Testing;

/// <summary>One layer of a <see cref="TestNetwork"/>, as plain data that prints as code.</summary>
public sealed record TestLayer
{
    private TestLayer(Kinds kind, int first = 0, int second = 0, double fraction = 0) => (Kind, First, Second, Fraction) = (kind, first, second, fraction);

    internal enum Kinds
    {
        Linear,
        Tied,
        Convolution,
        BatchNorm,
        LayerNorm,
        Recurrent,
        Embedding,
        Tanh,
        Dropout,
    }

    internal Kinds Kind { get; }

    internal int First { get; }

    internal int Second { get; }

    internal double Fraction { get; }

    /// <summary>A fully connected layer.</summary>
    /// <param name="outputs">Its outputs, at least 1.</param>
    public static TestLayer Linear(int outputs) => new(Kinds.Linear, AtLeast1(outputs));

    /// <summary>A fully connected layer with as many outputs as inputs, with the weights of the nearest such layer before it and a bias of its own.</summary>
    public static TestLayer Tied() => new(Kinds.Tied);

    /// <summary>A two-dimensional convolution over the features as images one pixel high.</summary>
    /// <param name="channels">Its output channels, at least 1.</param>
    /// <param name="inputs">Its input channels, at least 1, of which the number of features is a multiple. Default 1.</param>
    public static TestLayer Convolution(int channels, int inputs = 1) => new(Kinds.Convolution, AtLeast1(channels), AtLeast1(inputs));

    /// <summary>A batch norm.</summary>
    public static TestLayer BatchNorm() => new(Kinds.BatchNorm);

    /// <summary>A layer norm.</summary>
    public static TestLayer LayerNorm() => new(Kinds.LayerNorm);

    /// <summary>An LSTM that reads one feature a step; its last output goes on.</summary>
    /// <param name="hidden">Its hidden size, at least 1.</param>
    /// <param name="layers">Its layers, at least 1. Default 1.</param>
    public static TestLayer Recurrent(int hidden, int layers = 1) => new(Kinds.Recurrent, AtLeast1(hidden), AtLeast1(layers));

    /// <summary>An embedding of the sign of each feature.</summary>
    /// <param name="width">The numbers for each feature, at least 1.</param>
    public static TestLayer Embedding(int width) => new(Kinds.Embedding, AtLeast1(width));

    /// <summary>The hyperbolic tangent.</summary>
    public static TestLayer Tanh() => new(Kinds.Tanh);

    /// <summary>Dropout.</summary>
    /// <param name="fraction">The fraction that is dropped, at least 0 and below 1.</param>
    public static TestLayer Dropout(double fraction) => new(Kinds.Dropout, fraction: fraction);

    /// <summary>Prints the layer as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => $"TestLayer.{Kind}({Kind switch
    {
        Kinds.Linear or Kinds.Embedding => First.ToString(CultureInfo.InvariantCulture),
        Kinds.Convolution or Kinds.Recurrent => string.Create(CultureInfo.InvariantCulture, $"{First}, {Second}"),
        Kinds.Dropout => Code.Double(Fraction),
        _ => "",
    }})";

    /// <summary>The layer at half its width; null if it cannot be narrower.</summary>
    internal TestLayer? Narrower() => Kind is Kinds.Linear or Kinds.Convolution or Kinds.Recurrent or Kinds.Embedding && First > 1 ? new(Kind, First / 2, Second) : null;

    private static int AtLeast1(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
