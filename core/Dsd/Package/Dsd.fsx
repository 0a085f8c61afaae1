// `#r "nuget: Dsd"` loads this file; from then on TorchSharp finds its native library, whichever code uses it first.
System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof<Dsd.Torch.TorchRuntime>.Module.ModuleHandle)
