
namespace Dsd.Models;

/// <summary>The networks of this library by name.</summary>
/// <remarks>Reading the catalogue loads no native library, so a plan for a network can be printed at once.</remarks>
public static class ModelCatalog
{
    /// <summary>All networks: image networks, smallest first, then text, caption and speech networks.</summary>
    public static IReadOnlyList<ModelEntry> All { get; } =
    [
        new(LeNet300100.Shape, static (channels, classes) => new LeNet300100(channels, classes))
        {
            Name = "lenet-300-100",
            Description = "fully connected 784-300-100-10 with ReLU; 266,610 parameters for 1 channel and 10 classes",
            Source = "LeCun et al., Proc. IEEE 1998; Han et al., NeurIPS 2015, section 4.1",
            Kind = TaskKind.Images,
            Images = static (channels, classes, _) => LeNet300100.Definition(channels, classes),
        },
        SpectralLeNet(
            "lenet-300-100-spectral",
            SpectralTraining.All,
            "eigenvalues, eigenvectors and biases trained; 268,204 parameters for 1 channel and 10 classes"),
        SpectralLeNet(
            "lenet-300-100-eigenvalues",
            SpectralTraining.Eigenvalues,
            "eigenvalues and biases trained, 2,004 numbers; 268,204 parameters for 1 channel and 10 classes"),
        new(LeNet5.Shape, static (channels, classes) => new LeNet5(channels, classes))
        {
            Name = "lenet-5",
            Description = "two convolutions and two fully connected layers in Caffe's form; 431,080 parameters for 1 channel and 10 classes",
            Source = "LeCun et al., Proc. IEEE 1998; Han et al., NeurIPS 2015, section 4.1",
            Kind = TaskKind.Images,
            Images = static (channels, classes, _) => LeNet5.Definition(channels, classes),
        },
        new(ResNet20.Shape, static (channels, classes, width) => new ResNet20(channels, classes, width))
        {
            Name = "resnet-20",
            Description = "residual network for small images, 16-32-64 channels, parameter-free shortcuts; 269,722 parameters for 3 channels and 10 classes",
            Source = "He et al., CVPR 2016, section 4.2",
            Kind = TaskKind.Images,
            Images = ResNet20.Definition,
        },
        new(SqueezeNet.Shape, static (channels, classes, width) => new SqueezeNet(channels, classes, width))
        {
            Name = "squeezenet",
            Description = "SqueezeNet 1.0, eight squeeze-and-expand modules; 1,248,424 parameters for 3 channels and 1000 classes",
            Source = "Iandola et al., arXiv 1602.07360, section 3",
            Kind = TaskKind.Images,
            Images = SqueezeNet.Definition,
            Paper = PaperPresets.SqueezeNet,
        },
        new(ResNet18.Shape, static (channels, classes, width) => new ResNet18(channels, classes, width))
        {
            Name = "resnet-18",
            Description = "residual network, eight blocks of two convolutions; 11,689,512 parameters for 3 channels and 1000 classes",
            Source = "He et al., CVPR 2016, section 4.1",
            Kind = TaskKind.Images,
            Images = ResNet18.Definition,
            Paper = PaperPresets.ResNet18,
        },
        new(GoogLeNet.Shape, static (channels, classes, width) => new GoogLeNet(channels, classes, width))
        {
            Name = "googlenet",
            Description = "nine modules of four branches, with batch norm and two heads for training; 13,004,888 parameters for 3 channels and 1000 classes, 6,624,904 without the heads",
            Source = "Szegedy et al., CVPR 2015, section 5",
            Kind = TaskKind.Images,
            Images = GoogLeNet.Definition,
            Paper = PaperPresets.GoogLeNet,
        },
        new(ResNet50.Shape, static (channels, classes, width) => new ResNet50(channels, classes, width))
        {
            Name = "resnet-50",
            Description = "residual network, sixteen bottleneck blocks, stride in their 3×3 convolution; 25,557,032 parameters for 3 channels and 1000 classes",
            Source = "He et al., CVPR 2016, section 4.1",
            Kind = TaskKind.Images,
            Images = ResNet50.Definition,
            Paper = PaperPresets.ResNet50,
        },
        new(AlexNet.Shape, static (channels, classes, width) => new AlexNet(channels, classes, width))
        {
            Name = "alexnet",
            Description = "five convolutions and three fully connected layers, in one tower; 61,100,840 parameters for 3 channels and 1000 classes",
            Source = "Krizhevsky, arXiv 1404.5997, section 5; Krizhevsky et al., NeurIPS 2012",
            Kind = TaskKind.Images,
            Images = AlexNet.Definition,
            Paper = PaperPresets.AlexNet,
        },
        new(Vgg16.Shape, static (channels, classes, width) => new Vgg16(channels, classes, width))
        {
            Name = "vgg16",
            Description = "thirteen convolutions of 3×3 and three fully connected layers; 138,357,544 parameters for 3 channels and 1000 classes",
            Source = "Simonyan and Zisserman, ICLR 2015, section 2",
            Kind = TaskKind.Images,
            Images = Vgg16.Definition,
            Paper = PaperPresets.Vgg16,
        },
        new(Vgg16BatchNorm.Shape, static (channels, classes, width) => new Vgg16BatchNorm(channels, classes, width))
        {
            Name = "vgg16-bn",
            Description = "VGG-16 with a batch norm after each convolution; 138,365,992 parameters for 3 channels and 1000 classes",
            Source = "Simonyan and Zisserman, ICLR 2015, section 2; Ioffe and Szegedy, ICML 2015",
            Kind = TaskKind.Images,
            Images = Vgg16BatchNorm.Definition,
            Paper = PaperPresets.Vgg16BatchNorm,
        },
        new(CharLstm.Shape, static (symbols, classes) => new CharLstm(symbols, classes))
        {
            Name = "char-lstm",
            Description = "language model of characters: embedding of 64, LSTM of 128 units, linear layer; 111,487 parameters for 63 symbols",
            Source = "Hochreiter and Schmidhuber, Neural Computation 1997; Graves, arXiv 1308.0850, section 3",
            Kind = TaskKind.Text,
        },
        new(NeuralTalk.Shape, static (features, words, width) => new NeuralTalk(features, words, width))
        {
            Name = "neural-talk",
            Description = "captions of images: feature to 256, word table, LSTM of 256 units, decoder; 2,876,138 parameters for features of 4096 and 2,538 words",
            Source = "Karpathy's NeuralTalk; Vinyals et al., CVPR 2015, section 3.1; Han et al., ICLR 2017",
            Kind = TaskKind.Captions,
            Paper = PaperPresets.NeuralTalk,
        },
        new(DeepSpeech.Shape, static (bins, classes, width) => new DeepSpeech(bins, classes, width))
        {
            Name = "deep-speech",
            Description = "11 frames in, five fully connected layers of 1024 and a bidirectional recurrent one; 8,139,805 parameters for 161 bins and 29 characters",
            Source = "Hannun et al., arXiv 1412.5567, section 2; Han et al., ICLR 2017",
            Kind = TaskKind.Speech,
            Paper = PaperPresets.DeepSpeech,
        },
        new(DeepSpeech2.Shape, static (bins, classes, width) => new DeepSpeech2(bins, classes, width))
        {
            Name = "deep-speech-2",
            Description = "two convolutions, seven bidirectional recurrent layers of 1760, all normed; 67,740,758 parameters for 161 bins and 54 characters",
            Source = "Amodei et al., arXiv 1512.02595, section 3; Han et al., ICLR 2017",
            Kind = TaskKind.Speech,
            Paper = PaperPresets.DeepSpeech2,
        },
    ];

    /// <summary>Finds a network by name.</summary>
    /// <param name="name">One of the names in <see cref="All"/>, e.g. <c>"lenet-5"</c>; case matters.</param>
    /// <exception cref="DsdException">No network has this name; the message suggests the nearest name and lists all of them.</exception>
    public static ModelEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (var entry in All)
        {
            if (entry.Name == name)
            {
                return entry;
            }
        }

        throw DsdException.UnknownName($"There is no network named '{name}'.", name, All.Select(e => e.Name));
    }

    /// <summary>Describes LeNet-300-100 with spectral layers; from the same seed it starts as the ordinary network does.</summary>
    private static ModelEntry SpectralLeNet(string name, SpectralTraining trained, string what) => new(
        (channels, classes) => Spectral.ShapeAfter(LeNet300100.Shape(channels, classes), trained),
        (channels, classes) => Spectral.Transform(new LeNet300100(name, channels, classes), trained))
    {
        Name = name,
        Description = $"LeNet-300-100 with spectral layers, {what}",
        Source = "Giambagli et al., Nature Communications 12:1330, 2021, section Results; Chicchi et al., Phys. Rev. E 104:054312, 2021",
        Kind = TaskKind.Images,
        Images = static (channels, classes, _) => LeNet300100.Definition(channels, classes),
    };
}
