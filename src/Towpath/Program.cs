Console.WriteLine("towpath");
