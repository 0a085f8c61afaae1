using Dsd.Models;


namespace Dsd.Data;

/// <summary>ImageNet's classification task of 2012: 1.28 million photographs in 1000 classes. It cannot be downloaded; the user provides a folder with it.</summary>
/// <remarks>Source: Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015.</remarks>
internal static class ImageNet
{
    /// <summary>The name of the data set.</summary>
    public const string Name = "imagenet";

    /// <summary>A short description.</summary>
    public const string Description = "1.28 million photographs in 1000 classes, in a folder of yours: imagenet:/path";

    /// <summary>The terms of use.</summary>
    public const string Licence = "for research, by agreement with its authors";

    /// <summary>The page of its authors.</summary>
    public const string Source = "https://www.image-net.org";

    /// <summary>The size of its two archives.</summary>
    public const string DownloadSize = "145 GB";

    /// <summary>The number of classes: 1000.</summary>
    public const int Classes = 1_000;

    /// <summary>The number of images of each class held out for validation if there is a <c>val</c> and no <c>test</c>: 50.</summary>
    public const int HeldOutOfClass = 50;

    /// <summary>The number of training images, of the published 1,281,167: 1,231,167.</summary>
    public const int TrainCount = 1_281_167 - ValidationCount;

    /// <summary>The number of validation images: 50,000.</summary>
    public const int ValidationCount = Classes * HeldOutOfClass;

    /// <summary>The number of test images, published as the validation set: 50,000.</summary>
    public const int TestCount = 50_000;

    /// <summary>The mean of red, green and blue that normalises images, for values in [0, 1].</summary>
    public static ValueList<double> Mean { get; } = [0.485, 0.456, 0.406];

    /// <summary>The standard deviation of red, green and blue that normalises images, for values in [0, 1].</summary>
    public static ValueList<double> StandardDeviation { get; } = [0.229, 0.224, 0.225];

    /// <summary>The entry in the catalogue.</summary>
    internal static DataEntry Entry { get; } = DataEntry.OfTheUser(HowToName(Name)) with
    {
        Name = Name,
        Description = Description,
        Licence = Licence,
        Source = Source,
        Size = DownloadSize,
        Contents = DataEntry.ContentsOfImages(TrainCount, ValidationCount, TestCount, Classes, 3, ImageFolder.DefaultImageSize),
        Kind = TaskKind.Images,
        Inputs = 3,
        Classes = Classes,
        Height = ImageFolder.DefaultImageSize,
        Width = ImageFolder.DefaultImageSize,
        ImageSizes = (ImageFolder.SmallestImageSize, ImageFolder.LargestImageSize),
        TrainExamples = TrainCount,
        ValidationExamples = ValidationCount,
        TestExamples = TestCount,
    };

    internal static Normalisation Normalisation { get; } = new(Mean, StandardDeviation);

    /// <summary>Explains how to name a folder that holds the data.</summary>
    internal static string HowToName(string what) =>
        $"{what}: ImageNet cannot be downloaded automatically. Get its images of 2012 from {Source}, put them into folders PATH/train/CLASS and PATH/val/CLASS, and name them {Name}:PATH.";

    /// <summary>Computes the size of an image whose shorter side becomes 256/224 of the side of a crop, the longer rounded down.</summary>
    internal static (int Width, int Height) Resized(int width, int height, int crop)
    {
        var shorter = (int)Math.Round(crop * 256.0 / 224);
        return width <= height ? (shorter, (int)((long)shorter * height / width)) : ((int)((long)shorter * width / height), shorter);
    }
}
