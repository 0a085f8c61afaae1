using Dsd.Testing.Tests;

if (args is not ["broken-rules"])
{
    Console.Error.WriteLine("Give broken-rules, to print the broken rules and loops and the laws that catch them.");
    return 1;
}

Console.WriteLine(BrokenRules.Table());
return 0;
