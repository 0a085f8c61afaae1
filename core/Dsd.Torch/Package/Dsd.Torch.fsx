// `#r "nuget: Dsd.Torch"` loads this file: from here on TorchSharp finds its native library, whoever touches it first.
Dsd.Torch.NativeTorch.Prepare()
