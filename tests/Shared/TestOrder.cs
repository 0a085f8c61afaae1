// One test at a time: the random generator of libtorch is one for the whole process, and TorchSharp frees a scalar that it
// still hands to the native library when another thread's garbage collection comes at that very moment.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
