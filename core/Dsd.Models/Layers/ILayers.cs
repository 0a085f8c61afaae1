namespace Dsd.Models;

/// <summary>The layers in which image networks are written, each applied by name to a value.</summary>
/// <remarks>
/// A network is written once, for any type of value: applied to sizes it lists its layers (<see cref="LayerListing"/>), applied to
/// tensors it computes its scores (<see cref="LayerPass"/>). A layer's number of inputs is never stated; it follows from the value.
/// </remarks>
/// <typeparam name="T">The type of the values.</typeparam>
internal interface ILayers<T>
{
    /// <summary>A convolution with a square kernel.</summary>
    T Convolution(string name, T input, int outputs, int kernel, int stride = 1, int padding = 0, bool bias = true, InitialWeights start = InitialWeights.Uniform);

    /// <summary>Batch normalisation; scales start at 1 and shifts at 0.</summary>
    T BatchNorm(string name, T input, double epsilon = 1e-5);

    /// <summary>A fully connected layer on flattened values.</summary>
    T Linear(string name, T input, int outputs, InitialWeights start = InitialWeights.Uniform);

    /// <summary>Dropout: in training, zeroes each value with the given probability and scales up the others.</summary>
    T Dropout(string name, T input, double probability);

    /// <summary>ReLU, max(x, 0), in place.</summary>
    T Relu(T input);

    /// <summary>Max pooling over squares; with <paramref name="roundsUp"/>, squares that extend over the edge count too (ceil mode).</summary>
    T MaxPool(T input, int kernel, int stride, int padding = 0, bool roundsUp = false);

    /// <summary>Adaptive average pooling to <paramref name="side"/> × <paramref name="side"/> values.</summary>
    T MeanPool(T input, int side);

    /// <summary>Flattens the values of each image into one row.</summary>
    T Flatten(T input);

    /// <summary>Concatenates feature maps of one size along their channels.</summary>
    T Concatenate(params T[] parts);

    /// <summary>Adds <paramref name="other"/> to <paramref name="sum"/> in place.</summary>
    T Add(T sum, T other);

    /// <summary>Subsamples rows and columns by a stride and appends channels of zeros: a parameter-free shortcut.</summary>
    T Skip(T input, int stride, int zeroChannels);

    /// <summary>Computes a part of the network and frees all its intermediate values.</summary>
    T Block(Func<T> part);

    /// <summary>Computes the scores of an auxiliary head, where they are wanted.</summary>
    void Head(Func<T> scores);
}
