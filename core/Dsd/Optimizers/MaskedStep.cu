// The optimiser's step on a GPU: weights, state and mask of many parameters in one kernel.
//
// Each operation rounds by itself, in the order of SgdRule and AdamRule, so that a step has the bits that it has on the CPU.
// The tests run this text on the CPU, by a C++ compiler.

struct Row
{
    float* weight;
    const float* gradient;
    float* first;
    float* second;
    const unsigned* mask; // one bit a weight, 1 where it is kept; none if all are
    long long count;
};

// As many rows as the arguments of a kernel hold.
const int MostRows = 64;

struct Rows
{
    long long count;
    long long firstBlock[MostRows];
    Row row[MostRows];
};

struct Constants
{
    float value[12];
};

const long long BlockLength = 2048;

// Weights are moved four by four, and a thread reads the values of so many fours before it needs any.
const int Four = 4;
const int Fours = 2;

struct Values
{
    float value[Four];
};

// The state of masked weights fades to where it is subnormal; there it ends.
__device__ float faded(float state, bool kept)
{
    return kept || fabsf(state) >= 1.17549435e-38f ? state : 0.0f;
}

// The values of a block: of one row, from a start to an end.
struct Part
{
    int row;
    long long start;
    long long end;
};

__device__ Part partOf(const Rows& rows)
{
    int from = 0, to = (int)rows.count;
    while (to - from > 1)
    {
        const int middle = (from + to) / 2;
        if (rows.firstBlock[middle] <= (long long)blockIdx.x)
        {
            from = middle;
        }
        else
        {
            to = middle;
        }
    }

    Part part;
    part.row = from;
    part.start = (blockIdx.x - rows.firstBlock[from]) * BlockLength;
    part.end = part.start + BlockLength < rows.row[from].count ? part.start + BlockLength : rows.row[from].count;
    return part;
}

__device__ Values read(const float* from)
{
    const float4 four = *(const float4*)from;
    return {{four.x, four.y, four.z, four.w}};
}

__device__ void write(float* to, const Values& values)
{
    *(float4*)to = float4{values.value[0], values.value[1], values.value[2], values.value[3]};
}

// Moves the weights of a block. A place in memory is read and written by one thread alone.
template<typename TRule> __device__ void moveAll(const Rows& rows, const TRule& rule)
{
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    float* const weights = row.weight;
    const float* const gradients = row.gradient;
    float* const firsts = row.first;
    float* const seconds = row.second;
    const unsigned* const mask = row.mask;
    const bool reads1 = rule.reads1(), writes1 = rule.writes1(), uses2 = rule.uses2();
    const bool isAligned = (((unsigned long long)weights | (unsigned long long)gradients | (unsigned long long)firsts | (unsigned long long)seconds) & (sizeof(Values) - 1)) == 0;
    const long long end = isAligned ? part.end - part.end % Four : part.start;
    for (long long at = part.start + threadIdx.x * Four; at < end; at += (long long)blockDim.x * Four * Fours)
    {
        Values weight[Fours], gradient[Fours], first[Fours], second[Fours];
        unsigned kept[Fours];
#pragma unroll
        for (int j = 0; j < Fours; j++)
        {
            const long long i = at + (long long)j * blockDim.x * Four;
            if (i < end)
            {
                kept[j] = mask != nullptr ? mask[i >> 5] >> (i & 31) : 0xfu;
                weight[j] = read(weights + i);
                gradient[j] = read(gradients + i);
                if (reads1)
                {
                    first[j] = read(firsts + i);
                }

                if (uses2)
                {
                    second[j] = read(seconds + i);
                }
            }
        }

#pragma unroll
        for (int j = 0; j < Fours; j++)
        {
            const long long i = at + (long long)j * blockDim.x * Four;
            if (i < end)
            {
#pragma unroll
                for (int k = 0; k < Four; k++)
                {
                    rule.move((kept[j] >> k & 1) != 0, weight[j].value[k], gradient[j].value[k], first[j].value[k], second[j].value[k]);
                }

                write(weights + i, weight[j]);
                if (writes1)
                {
                    write(firsts + i, first[j]);
                }

                if (uses2)
                {
                    write(seconds + i, second[j]);
                }
            }
        }
    }

    // The end of a row, and memory that begins between fours.
    for (long long i = end + threadIdx.x; i < part.end; i += blockDim.x)
    {
        float first = reads1 ? firsts[i] : 0, second = uses2 ? seconds[i] : 0;
        float weight = weights[i];
        rule.move(mask == nullptr || (mask[i >> 5] >> (i & 31) & 1) != 0, weight, gradients[i], first, second);
        weights[i] = weight;
        if (writes1)
        {
            firsts[i] = first;
        }

        if (uses2)
        {
            seconds[i] = second;
        }
    }
}

// Stores the constants of a step where the kernels of a recorded step read them.
extern "C" __global__ void store(const Constants now, float* to)
{
    if (threadIdx.x < 12)
    {
        to[threadIdx.x] = now.value[threadIdx.x];
    }
}

struct Sgd
{
    float rate, momentum, share, decay;
    bool nesterov, isFirst;

    __device__ bool reads1() const { return momentum != 0 && !isFirst; }

    __device__ bool writes1() const { return momentum != 0; }

    __device__ bool uses2() const { return false; }

    __device__ void move(bool kept, float& weight, float gradient, float& first, float&) const
    {
        float d = kept ? gradient : 0.0f;
        d = decay != 0 ? __fadd_rn(d, __fmul_rn(decay, weight)) : d;
        if (momentum != 0)
        {
            const float sum = isFirst ? d : __fadd_rn(__fmul_rn(momentum, first), __fmul_rn(share, d));
            d = nesterov ? __fadd_rn(d, __fmul_rn(momentum, sum)) : sum;
            first = faded(sum, kept);
        }

        weight = kept ? __fadd_rn(weight, __fmul_rn(rate, d)) : 0.0f;
    }
};

struct Adam
{
    float rate, root, beta1, share1, beta2, share2, eps, decay, shrink;

    __device__ bool reads1() const { return true; }

    __device__ bool writes1() const { return true; }

    __device__ bool uses2() const { return true; }

    __device__ void move(bool kept, float& weight, float gradient, float& first, float& second) const
    {
        float d = kept ? gradient : 0.0f;
        d = decay != 0 ? __fadd_rn(d, __fmul_rn(decay, weight)) : d;
        const float mean = __fadd_rn(__fmul_rn(beta1, first), __fmul_rn(share1, d));
        const float square = __fadd_rn(__fmul_rn(beta2, second), __fmul_rn(__fmul_rn(share2, d), d));
        const float below = __fadd_rn(__fdiv_rn(__fsqrt_rn(square), root), eps);
        first = faded(mean, kept);
        second = faded(square, kept);
        weight = kept ? __fadd_rn(__fmul_rn(shrink, weight), __fdiv_rn(__fmul_rn(rate, mean), below)) : 0.0f;
    }
};

// Constants: rate (negative), momentum, share, decay, nesterov, whether the sum is new.
extern "C" __global__ void __launch_bounds__(256) sgd(const __grid_constant__ Rows rows, const __grid_constant__ Constants now, const float* later)
{
    const float* c = later != nullptr ? later : now.value;
    moveAll(rows, Sgd{c[0], c[1], c[2], c[3], c[4] != 0, c[5] != 0});
}

// Constants: rate (negative, corrected), root, beta1, share1, beta2, share2, eps, decay, shrink.
extern "C" __global__ void __launch_bounds__(256) adam(const __grid_constant__ Rows rows, const __grid_constant__ Constants now, const float* later)
{
    const float* c = later != nullptr ? later : now.value;
    moveAll(rows, Adam{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]});
}
