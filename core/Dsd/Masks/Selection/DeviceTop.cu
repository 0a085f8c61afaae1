// Exact top-k on a GPU: the threshold by three digits of the keys, ties by index. The tests run this text on the CPU, by a C++ compiler.

struct Row
{
    const unsigned* values;    // the bits of 32-bit floats
    unsigned long long* words; // the mask: one bit a value, 1 where it is kept
    long long count;
};

const int MostRows = 96;

struct Rows
{
    long long count;
    long long firstBlock[MostRows];
    Row row[MostRows];
};

struct State
{
    unsigned long long remaining; // how many of those with the digits so far are to be kept
    unsigned long long equal;     // how many have the threshold itself
    unsigned prefix;              // the digits of the threshold so far
    unsigned bad;                 // whether a value is NaN or infinite
};

const int Bins = 2048;
const int BlockLength = 16384;
const int TileLength = 2048;
const int WordLength = 64;

// A higher key ranks higher. Of scores both zeros are one key, and what is below counts down from it.
__device__ unsigned keyOf(unsigned bits, int isScore)
{
    return !isScore ? bits & 0x7fffffffu : bits > 0x7fffffffu ? 0u - bits : bits + 0x80000000u;
}

__device__ bool isFinite(unsigned bits)
{
    return (bits & 0x7fffffffu) < 0x7f800000u;
}

__device__ int shiftOf(int digit)
{
    return digit == 0 ? 21 : digit == 1 ? 10 : 0;
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

// Counts the values by a digit of their keys, of those whose higher digits are the threshold's.
extern "C" __global__ void histogram(const Rows rows, int isScore, int digit, State* state, unsigned long long* bins)
{
    __shared__ unsigned local[Bins];
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        local[i] = 0;
    }

    __syncthreads();
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    const long long start = part.start, end = part.end;
    const int shift = shiftOf(digit);
    const unsigned above = digit == 0 ? 0 : 0xffffffffu << shiftOf(digit - 1);
    const unsigned prefix = state->prefix;
    for (long long i = start + threadIdx.x; i < end; i += blockDim.x)
    {
        const unsigned bits = row.values[i];
        const unsigned key = keyOf(bits, isScore);
        if (digit == 0 && !isFinite(bits))
        {
            atomicOr(&state->bad, 1u);
        }

        if ((key & above) == prefix)
        {
            atomicAdd(&local[(key >> shift) & (Bins - 1)], 1u);
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        if (local[i] != 0)
        {
            atomicAdd(&bins[i], (unsigned long long)local[i]);
        }
    }
}

// Finds the digit at which the counts from the highest on reach the number to keep. One block.
extern "C" __global__ void choose(int digit, State* state, unsigned long long* bins)
{
    __shared__ unsigned long long sums[Bins];
    const int share = (Bins + blockDim.x - 1) / blockDim.x;
    unsigned long long sum = 0;
    for (int i = 0; i < share; i++)
    {
        const int bin = Bins - 1 - (int)(threadIdx.x * share + i);
        sum += bin >= 0 ? bins[bin] : 0;
    }

    sums[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x == 0)
    {
        unsigned long long before = 0;
        int part = 0;
        while (part + 1 < (int)blockDim.x && before + sums[part] < state->remaining)
        {
            before += sums[part++];
        }

        int bin = Bins - 1 - part * share;
        while (bin > 0 && before + bins[bin] < state->remaining)
        {
            before += bins[bin--];
        }

        state->remaining -= before;
        state->equal = bins[bin];
        state->prefix |= (unsigned)bin << shiftOf(digit);
    }

    __syncthreads();
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        bins[i] = 0;
    }
}

// Counts the values of each block that have the threshold itself, unless all of them are kept.
extern "C" __global__ void ties(const Rows rows, int isScore, const State* state, unsigned* counts)
{
    if (state->equal == state->remaining)
    {
        return;
    }

    __shared__ unsigned sum;
    if (threadIdx.x == 0)
    {
        sum = 0;
    }

    __syncthreads();
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    const long long start = part.start, end = part.end;
    unsigned mine = 0;
    for (long long i = start + threadIdx.x; i < end; i += blockDim.x)
    {
        mine += keyOf(row.values[i], isScore) == state->prefix ? 1 : 0;
    }

    atomicAdd(&sum, mine);
    __syncthreads();
    if (threadIdx.x == 0)
    {
        counts[blockIdx.x] = sum;
    }
}

// Turns the counts of blocks into those of all blocks before each. One block.
extern "C" __global__ void scan(int blocks, const State* state, unsigned* counts)
{
    if (state->equal == state->remaining)
    {
        return;
    }

    __shared__ unsigned sums[1024];
    const int share = (blocks + blockDim.x - 1) / blockDim.x;
    const int from = threadIdx.x * share;
    const int to = from + share < blocks ? from + share : blocks;
    unsigned sum = 0;
    for (int i = from; i < to; i++)
    {
        sum += counts[i];
    }

    sums[threadIdx.x] = sum;
    __syncthreads();
    unsigned before = 0;
    for (int i = 0; i < (int)threadIdx.x; i++)
    {
        before += sums[i];
    }

    for (int i = from; i < to; i++)
    {
        const unsigned count = counts[i];
        counts[i] = before;
        before += count;
    }
}

// Writes the mask: what is above the threshold, and of what has it the first of lowest index.
extern "C" __global__ void mark(const Rows rows, int isScore, const State* state, const unsigned* before)
{
    __shared__ unsigned char flags[TileLength];
    __shared__ unsigned long long left;
    __shared__ bool keepsTies;
    const Part part = partOf(rows);
    const Row& row = rows.row[part.row];
    const long long start = part.start, end = part.end;
    const unsigned threshold = state->prefix;
    if (threadIdx.x == 0)
    {
        const bool keepsAll = state->equal == state->remaining;
        left = keepsAll ? 0 : before[blockIdx.x] < state->remaining ? state->remaining - before[blockIdx.x] : 0;
        keepsTies = keepsAll || (blockIdx.x + 1 < gridDim.x ? before[blockIdx.x + 1] : state->equal) <= state->remaining;
    }

    for (long long tile = start; tile < end; tile += TileLength)
    {
        __syncthreads();
        for (int i = threadIdx.x; i < TileLength; i += blockDim.x)
        {
            const unsigned key = tile + i < end ? keyOf(row.values[tile + i], isScore) : 0;
            flags[i] = tile + i >= end ? 0 : key > threshold ? 1 : key == threshold ? (keepsTies ? 1 : left > 0 ? 2 : 0) : 0;
        }

        __syncthreads();

        // In one block, that of the last tie which is kept.
        if (threadIdx.x == 0 && !keepsTies && left > 0)
        {
            for (int i = 0; i < TileLength; i++)
            {
                if (flags[i] == 2)
                {
                    flags[i] = left > 0 ? 1 : 0;
                    left -= left > 0 ? 1 : 0;
                }
            }
        }

        __syncthreads();
        for (int w = threadIdx.x; w < TileLength / WordLength && tile + w * WordLength < end; w += blockDim.x)
        {
            unsigned long long word = 0;
            for (int i = 0; i < WordLength; i++)
            {
                word |= (unsigned long long)flags[w * WordLength + i] << i;
            }

            row.words[(tile >> 6) + w] = word;
        }
    }
}
