/// The sharpness of a loss: the eigenvalue of its Hessian that is largest in magnitude, from products of the Hessian with vectors, each
/// a second backward pass through the graph of the gradient. By Lanczos' iteration, which takes some fifteen products; power iteration
/// takes ten times as many, and with several eigenvalues close together it hardly changes long before it has found the largest.
module Sharpness

#load "../../../scripts/dsd.fsx"

open System.Collections.Generic
open TorchSharp

type Sharpness =
    {
        Eigenvalue: float
        /// ‖Hv − λv‖ of the unit vector v that was found: an eigenvalue is no farther than that from λ.
        Residual: float
        Iterations: int
    }

let private flat (tensors: torch.Tensor seq) = torch.cat [| for t in tensors -> t.reshape [| -1L |] |]

let private gradients (outputs: torch.Tensor) (inputs: torch.Tensor[]) (weights: torch.Tensor) createGraph =
    torch.autograd.grad (
        ResizeArray [ outputs ],
        ResizeArray inputs,
        ResizeArray [ weights ],
        retain_graph = true,
        create_graph = createGraph
    )
    |> flat

/// The eigenvalue of a tridiagonal matrix that is largest in magnitude, and its vector.
let private largest (diagonal: List<float>) (beside: List<float>) =
    let at i j =
        if i = j then diagonal[i]
        elif abs (i - j) = 1 then beside[min i j]
        else 0.0

    let struct (values, vectors) =
        torch.linalg.eigh (torch.tensor (Array2D.init diagonal.Count diagonal.Count at))

    let place = values.abs().argmax().item<int64>()
    values[place].ToDouble(), vectors.select (1L, place)

/// Iterates until the residual is below a fraction of the eigenvalue, or 100 times.
let top tolerance (parameters: torch.Tensor[]) (loss: unit -> torch.Tensor) =
    use scope = torch.NewDisposeScope()
    use _ = torch.enable_grad ()
    let value = loss ()
    let gradient = gradients value parameters (torch.ones_like value) true
    // A generator of its own, so that training draws the same numbers as without this.
    use generator = new torch.Generator(1UL)
    let basis, diagonal, beside = List<torch.Tensor>(), List<float>(), List<float>()

    let rec iterate (direction: torch.Tensor) =
        basis.Add direction
        let product = gradients gradient parameters direction false
        diagonal.Add(direction.dot(product).ToDouble())
        let known = torch.stack (basis.ToArray())
        let without (vector: torch.Tensor) = vector - known.t().mv(known.mv vector)
        // Twice, since rounding leaves a little of the known directions.
        let rest = without (without product)
        let length = rest.norm().ToDouble()
        let eigenvalue, weights = largest diagonal beside

        if basis.Count = 100 || length * abs (weights[-1L].ToDouble()) < tolerance * abs eigenvalue then
            let vector = known.t().mv(weights.to_type known.dtype)
            let image = gradients gradient parameters vector false

            { Eigenvalue = eigenvalue
              Residual = (image - eigenvalue.ToScalar() * vector).norm().ToDouble()
              Iterations = basis.Count }
        else
            beside.Add length
            iterate (rest / length.ToScalar())

    let start = torch.randn (gradient.shape, dtype = gradient.dtype, generator = generator)
    iterate (start / start.norm ())

/// The Hessian by central differences of the gradient, column by column.
let private numerical step (parameters: torch.Tensor[]) (loss: unit -> torch.Tensor) =
    let gradient () =
        let value = loss ()
        gradients value parameters (torch.ones_like value) false

    let shifted (parameter: torch.Tensor) place by =
        use _ = torch.no_grad ()
        parameter.view([| -1L |]).[place: int64].add_((by: float).ToScalar()) |> ignore

    let columns =
        [| for parameter in parameters do
               for place in 0L .. parameter.numel () - 1L do
                   shifted parameter place step
                   let above = gradient ()
                   shifted parameter place (-2.0 * step)
                   let below = gradient ()
                   shifted parameter place step
                   (above - below) / (2.0 * step).ToScalar() |]

    torch.stack columns

/// Compares the sharpness with the eigenvalues of a numerical Hessian, on small networks that have learnt a little.
let check () =
    for seed in 1L .. 3L do
        torch.manual_seed seed |> ignore
        let input, targets = torch.randn ([| 64L; 6L |], torch.float64), torch.randint (3L, [| 64L |])

        use model =
            torch.nn.Sequential(
                torch.nn.Linear(6L, 8L, dtype = torch.float64) :> torch.nn.Module<torch.Tensor, torch.Tensor>,
                torch.nn.ReLU(),
                torch.nn.Linear(8L, 3L, dtype = torch.float64)
            )

        let loss () = torch.nn.functional.cross_entropy (model.forward input, targets)
        use optimizer = torch.optim.SGD(model.parameters (), 0.5)

        for _ in 1..200 do
            optimizer.zero_grad ()
            loss().backward()
            optimizer.step () |> ignore

        let parameters = [| for p in model.parameters () -> p :> torch.Tensor |]
        let hessian = numerical 1e-5 parameters loss

        let eigenvalues =
            torch.linalg.eigvalsh((hessian + hessian.t ()) / (2.0).ToScalar()).data<float>().ToArray()

        let expected = Array.maxBy abs eigenvalues

        for tolerance in [ 1e-3; 1e-7 ] do
            let found = top tolerance parameters loss
            let off = abs (found.Eigenvalue / expected - 1.0)

            printfn
                $"seed {seed}, tolerance %g{tolerance}: %.6f{found.Eigenvalue} in {found.Iterations} iterations, residual %.1e{found.Residual}; numerical Hessian %.6f{expected}, relative difference %.1e{off}"

            if off > tolerance then
                failwith "The iteration does not find the eigenvalue of the numerical Hessian."
