using Dsd.Records;

namespace Dsd.Data;

/// <summary>A data set of labelled images, in memory or in files.</summary>
internal interface ILabelledImages : IDataset
{
    /// <summary>The number of classes.</summary>
    int Classes { get; }

    /// <summary>Gets the number of threads that write images, given libtorch's number of threads. Default: one if libtorch leaves a processor free.</summary>
    int Workers(int torchThreads) => Environment.ProcessorCount > torchThreads ? 1 : 0;

    /// <summary>The number of batches prefetched beyond the current one. Default 1.</summary>
    int Prefetched => 1;

    /// <summary>Further details for the record, e.g. <c>", 224×224"</c>. Default: none.</summary>
    string Details => "";

    /// <summary>True if the test split is also measured on ten crops. Default false.</summary>
    bool TenCropTest => false;

    /// <summary>The problems of the data that are known before an image is decoded. Default: none.</summary>
    ValueList<DataProblem> Defined => [];

    /// <summary>True if training examples may have wrong labels, so that <see cref="IImageSource.TrueLabel"/> differs. Default false.</summary>
    bool HasWrongLabels => false;

    /// <summary>Draws the data of a seed, from the whole data set if other examples are drawn.</summary>
    ILabelledImages Drawn(SeedDraw draw);

    /// <summary>Gets the source of a split's images.</summary>
    IImageSource Source(DataSplit split);
}
