/// Measures of a network: its predictions, their calibration, the movement of its weights and their distribution.
module Measures

#load "../../../scripts/dsd.fsx"

open System
open Dsd.Data
open Dsd.Records
open TorchSharp

/// The names of the measures of a network, in the order of their columns.
let ofPredictions =
    [ "train"
      "train_loss"
      "validation"
      "validation_loss"
      "memorised"
      "corrected"
      "true_labels"
      "ece" ]

let ofWeights = [ "norm"; "from_dense"; "from_initial"; "in_pruned" ]

/// The normalised images of the validation split and their classes.
let validation (data: ImageDataset) =
    let part = data.Validation
    let at values = torch.tensor(Array.map float32 (Seq.toArray values)).view(1L, -1L, 1L, 1L)

    let pixels =
        torch
            .tensor(part.Pixels.ToArray())
            .view(int64 part.Count, int64 part.Channels, int64 part.Height, int64 part.Width)

    let scaled = pixels.to_type torch.float32 / 255.0.ToScalar()
    (scaled - at data.Mean) / at data.StandardDeviation, torch.tensor (Array.map int64 (part.Labels.ToArray()))

/// The expected calibration error of logits: the mean over examples of |accuracy − mean top probability| of the example's bin, of 15
/// bins of equal width (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017); and the accuracy.
let calibration (logits: torch.Tensor) (classes: torch.Tensor) =
    let struct (top, predicted) = logits.softmax(1L).max 1L
    let confidence = top.to_type(torch.float64).data<float>().ToArray()
    let hit = predicted.eq(classes).to_type(torch.float64).data<float>().ToArray()
    // A bin holds its upper edge.
    let bin value = max 0 (int (ceil (15.0 * value)) - 1)

    let gap =
        Array.zip confidence hit
        |> Array.groupBy (fst >> bin)
        |> Array.sumBy (fun (_, inBin) -> abs (inBin |> Array.sumBy (fun (c, h) -> h - c)))

    gap / float hit.Length, Array.average hit

/// Compares the calibration error with that of two bins by hand: of ten examples at 0.9 eight are right, of ten at 0.6 seven.
let check () =
    let example confidence isRight = [| log confidence; log (1.0 - confidence) |], (if isRight then 0L else 1L)

    let examples =
        [| for nth in 1..10 do
               example 0.9 (nth <= 8)
               example 0.6 (nth <= 7) |]

    let error, accuracy =
        calibration (torch.tensor (array2D (Array.map fst examples))) (torch.tensor (Array.map snd examples))

    printfn $"calibration error %.6f{error}, by hand 0.100000; accuracy %.6f{accuracy}, by hand 0.750000"

    if abs (error - 0.1) > 1e-9 || accuracy <> 0.75 then
        failwith "The calibration error is not that by hand."

/// The measures of a network's predictions; those of wrong labels are not numbers if there are none.
let predictions (task: ImageClassification) (images: torch.Tensor, classes: torch.Tensor) (network: torch.nn.Module) =
    use scope = torch.NewDisposeScope()
    use _ = torch.no_grad ()

    let train, validation =
        task.Evaluate(network, DataSplit.Train), task.Evaluate(network, DataSplit.Validation)

    let scores = (network :?> torch.nn.Module<torch.Tensor, torch.Tensor>).forward images
    let ece, accuracy = calibration scores classes

    if abs (accuracy - validation[0].Value) > 1.5 / float classes.shape[0] then
        failwith
            $"The images for the calibration are not those of the task: {accuracy} instead of {validation[0].Value}."

    let value (metric: Metric) (values: Dsd.ValueList<MetricValue>) =
        values |> Seq.tryFind (fun v -> v.Name = metric.Name) |> Option.fold (fun _ v -> v.Value) nan

    [ train[0].Value
      value Metric.Loss train
      validation[0].Value
      value Metric.Loss validation
      value ImageClassification.WrongLabelsMemorized train
      value ImageClassification.WrongLabelsCorrected train
      value ImageClassification.AccuracyOnTrueLabels train
      ece ]

/// A copy of all weights that a mask may prune, in one tensor, or of one layer.
let weights layer (network: torch.nn.Module) =
    use _ = torch.no_grad ()

    torch.cat
        [| for struct (name, parameter) in network.named_parameters () do
               if name.EndsWith ".weight" && name.StartsWith(layer: string) then
                   parameter.detach().reshape [| -1L |] |]
    // The event of a phase's end comes within the scope of a step.
    |> _.DetachFromDisposeScope()

/// The norm and the distances, relative to the norm at the first phase's end, and the fraction of the squared distance from there that lies in the
/// weights of a mask; not a number where nothing has moved.
let movement (now: torch.Tensor) (initial: torch.Tensor) (dense: torch.Tensor) (pruned: torch.Tensor option) =
    use scope = torch.NewDisposeScope()
    let norm (t: torch.Tensor) = t.to_type(torch.float64).norm().ToDouble()
    let moved = now - dense

    let inside =
        match pruned with
        | Some mask -> (norm (moved * mask) / norm moved) ** 2.0
        | None -> nan

    [ norm now / norm dense; norm moved / norm dense; norm (now - initial) / norm dense; inside ]

/// The half-width and the number of the bins of histograms, which all have the same.
let reach, bins = 0.2, 200

/// Counts weights by bin; exact zeros come first and are in no bin, and what is out of reach comes last.
let histogram (weights: torch.Tensor) =
    let counts = Array.zeroCreate (bins + 2)

    for value in weights.data<float32>().ToArray() do
        let bin = int (floor ((float value + reach) / (2.0 * reach) * float bins))

        let place =
            if value = 0f then 0
            elif bin < 0 || bin >= bins then bins + 1
            else bin + 1

        counts[place] <- counts[place] + 1L

    counts
