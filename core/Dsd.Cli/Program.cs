using System.CommandLine;
using Dsd.Cli;

return DsdCommand.Run(args);
