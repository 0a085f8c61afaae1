// `#r "nuget: Dsd"` loads this file: from here on TorchSharp finds its native library, whoever touches it first.
Dsd.Native.NativeTorch.Prepare()
