// Loads the library into a script or notebook: `#load "dsd.fsx"` with the path to this file.
// Build first: dotnet build core/Dsd.Cli -c Release
#r "../core/Dsd.Cli/bin/Release/net10.0/TorchSharp.dll"
#r "../core/Dsd.Cli/bin/Release/net10.0/Dsd.dll"
#r "../core/Dsd.Cli/bin/Release/net10.0/Dsd.Models.dll"
#r "../core/Dsd.Cli/bin/Release/net10.0/Dsd.Data.dll"

Dsd.Native.NativeTorch.Load()
