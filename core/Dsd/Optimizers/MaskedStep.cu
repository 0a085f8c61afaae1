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
    const unsigned long long* mask; // one bit a weight, 1 where it is kept; none if all are
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

const long long BlockLength = 4096;

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
    Part part;
    part.row = 0;
    while (part.row + 1 < rows.count && rows.firstBlock[part.row + 1] <= blockIdx.x)
    {
        part.row++;
    }

    part.start = (blockIdx.x - rows.firstBlock[part.row]) * BlockLength;
    part.end = part.start + BlockLength < rows.row[part.row].count ? part.start + BlockLength : rows.row[part.row].count;
    return part;
}

__device__ bool keeps(const Row& row, long long i)
{
    return row.mask == nullptr || (row.mask[i >> 6] >> (i & 63) & 1) != 0;
}

// Stores the constants of a step where the kernels of a recorded step read them.
extern "C" __global__ void store(const Constants now, float* to)
{
    if (threadIdx.x < 12)
    {
        to[threadIdx.x] = now.value[threadIdx.x];
    }
}

// Constants: rate (negative), momentum, share, decay, nesterov, whether the sum is new.
extern "C" __global__ void sgd(const Rows rows, const Constants now, const float* later)
{
    const float* c = later != nullptr ? later : now.value;
    const float rate = c[0], momentum = c[1], share = c[2], decay = c[3];
    const bool nesterov = c[4] != 0, isFirst = c[5] != 0;
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    const long long start = part.start, end = part.end;
    for (long long i = start + threadIdx.x; i < end; i += blockDim.x)
    {
        const bool kept = keeps(row, i);
        const float weight = row.weight[i];
        float d = kept ? row.gradient[i] : 0.0f;
        d = decay != 0 ? __fadd_rn(d, __fmul_rn(decay, weight)) : d;
        if (momentum != 0)
        {
            const float sum = isFirst ? d : __fadd_rn(__fmul_rn(momentum, row.first[i]), __fmul_rn(share, d));
            d = nesterov ? __fadd_rn(d, __fmul_rn(momentum, sum)) : sum;
            row.first[i] = faded(sum, kept);
        }

        row.weight[i] = kept ? __fadd_rn(weight, __fmul_rn(rate, d)) : 0.0f;
    }
}

// Constants: rate (negative, corrected), root, beta1, share1, beta2, share2, eps, decay, shrink.
extern "C" __global__ void adam(const Rows rows, const Constants now, const float* later)
{
    const float* c = later != nullptr ? later : now.value;
    const float rate = c[0], root = c[1], beta1 = c[2], share1 = c[3], beta2 = c[4], share2 = c[5], eps = c[6], decay = c[7], shrink = c[8];
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    const long long start = part.start, end = part.end;
    for (long long i = start + threadIdx.x; i < end; i += blockDim.x)
    {
        const bool kept = keeps(row, i);
        const float weight = row.weight[i];
        float d = kept ? row.gradient[i] : 0.0f;
        d = decay != 0 ? __fadd_rn(d, __fmul_rn(decay, weight)) : d;
        const float mean = __fadd_rn(__fmul_rn(beta1, row.first[i]), __fmul_rn(share1, d));
        const float square = __fadd_rn(__fmul_rn(beta2, row.second[i]), __fmul_rn(__fmul_rn(share2, d), d));
        const float below = __fadd_rn(__fdiv_rn(__fsqrt_rn(square), root), eps);
        row.first[i] = faded(mean, kept);
        row.second[i] = faded(square, kept);
        row.weight[i] = kept ? __fadd_rn(__fmul_rn(shrink, weight), __fdiv_rn(__fmul_rn(rate, mean), below)) : 0.0f;
    }
}
