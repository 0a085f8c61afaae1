/// The positions and labels of the ticks of a logarithmic axis.
module internal Dsd.Charts.Ticks

open System.Globalization

let private powers low high = [ floor (log10 low) .. ceil (log10 high) ]

let private within low high value = value >= low * 0.999 && value <= high * 1.001

/// Computes tick positions from a lower to an upper value on an axis with a length in pixels: powers of ten, with 2 and 5 times them if they fit or ticks are too few.
let at low high (pixels: float) =
    let values factors =
        [ for power in powers low high do
              for factor in factors do
                  let value = factor * 10.0 ** power

                  if within low high value then
                      value ]

    let decades = max 0.01 (log10 high - log10 low)
    let tens = values [ 1.0 ]
    // The shortest distance is that from 5 to 10.
    if 0.3 * pixels / decades >= 20.0 || tens.Length < 2 then
        values [ 1.0; 2.0; 5.0 ]
    else
        tens

/// Computes unlabelled positions between: the other multiples of powers of ten, unless they would merge.
let between low high (pixels: float) =
    if pixels / max 0.01 (log10 high - log10 low) < 25.0 then
        []
    else
        [ for power in powers low high do
              for factor in 2.0 .. 9.0 do
                  let value = factor * 10.0 ** power

                  if within low high value then
                      value ]

let private text (format: string) (value: float) =
    value.ToString(format, CultureInfo.InvariantCulture).Replace('-', '−')

/// Formats all labels of an axis in one style: decimals, thousands and millions for large numbers, or powers of ten.
let texts (values: float list) =
    match values with
    | [] -> []
    | _ ->
        let low, high = List.min values, List.max values

        let write: float -> string =
            if low >= 0.99e-5 && high < 0.99e5 then
                text "#,0.######"
            elif low >= 0.99 && high < 0.99e12 then
                fun value ->
                    if value < 999.0 then text "0.###" value
                    elif value < 0.999e6 then text "0.###" (value / 1e3) + " k"
                    elif value < 0.999e9 then text "0.###" (value / 1e6) + " M"
                    else text "0.###" (value / 1e9) + " G"
            else
                text "0.###e-0"

        List.map write values
