Console.WriteLine("simulation");
