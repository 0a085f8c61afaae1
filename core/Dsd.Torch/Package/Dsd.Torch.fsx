// `#r "nuget: Dsd.Torch"` loads this file: from here on TorchSharp finds its native library, whoever touches it first.
System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof<Dsd.Torch.TorchRuntime>.Module.ModuleHandle)
