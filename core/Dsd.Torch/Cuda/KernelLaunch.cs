namespace Dsd.Torch;

/// <summary>Runs a kernel.</summary>
/// <param name="kernel">Its name.</param>
/// <param name="blocks">The number of blocks.</param>
/// <param name="threads">The number of threads of a block.</param>
/// <param name="arguments">The addresses of the arguments, which are copied.</param>
internal unsafe delegate void KernelLaunch(string kernel, int blocks, int threads, void** arguments);
