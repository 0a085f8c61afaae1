/// Eight noisy waves to classify. Replace them with your own tensors.
module Waves

open Dsd
open Dsd.Records
open Dsd.Training
open TorchSharp
open type TorchSharp.torch.nn

let private batchSize = 64

let create (seed: uint64) =
    use random = new torch.Generator(seed)

    let waves = (torch.arange(1.0, 9.0).unsqueeze 1L * torch.linspace (0.0, 6.28, 32L)).sin()

    let draw (examples: int64) =
        let classes = torch.randint (8L, [| examples |], dtype = torch.int64, generator = random)

        let noise = torch.randn ([| examples; 32L |], generator = random)
        waves.index_select (0L, classes) + 1.6.ToScalar() * noise, classes

    let train, validation, test = draw 3200L, draw 1000L, draw 1000L
    let stepsPerEpoch = int (fst train).shape[0] / batchSize

    let scores (model: Module) inputs = (model :?> Module<torch.Tensor, torch.Tensor>).call inputs

    { new ITrainingTask with
        member _.Name = "waves"
        member _.StepsPerEpoch = stepsPerEpoch

        // A batch depends on the step alone: both arms see the same data in the same order.
        member _.Loss(model, step) =
            let first = step % int64 stepsPerEpoch * int64 batchSize
            use inputs = (fst train).narrow(0L, first, int64 batchSize)
            use classes = (snd train).narrow(0L, first, int64 batchSize)
            use found = scores model inputs
            functional.cross_entropy (found, classes)

        member _.Evaluate(model, split) =
            use _ = torch.NewDisposeScope()

            let inputs, classes =
                match split with
                | DataSplit.Train -> train
                | DataSplit.Validation -> validation
                | _ -> test

            let found = scores model inputs
            let right = found.argmax(1L).eq(classes).``to`` torch.float32
            let outcomes = ExampleOutcomes(right.data<float32>().ToArray())

            [ Metric.Accuracy.Of(float (right.mean().item<float32>()), outcomes = outcomes)
              Metric.Loss.Of(float (functional.cross_entropy(found, classes).item<float32>())) ]
                .ToValueList() }
