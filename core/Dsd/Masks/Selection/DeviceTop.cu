// Exact top-k on a GPU, for many rankings at once, in two reads of all values: a sample gives two keys between which the threshold
// lies almost surely; one pass counts what is above and gathers what is between; the threshold is found among the gathered by digits;
// a second pass writes the mask. Where the sample misleads, the digits are those of all values. The tests run this text on the CPU,
// by a C++ compiler.

// One tensor.
struct Row
{
    const unsigned* values; // the bits of 32-bit floats
    unsigned* words;        // the mask: one bit a value, 1 where it is kept
    long long count;
    long long firstValue;   // the number of values before it in its ranking
    long long firstBlock;
    long long group;
};

// One ranking.
struct Group
{
    long long keep;
    long long count;
    long long firstRow;
    long long rows;
    long long firstBlock;
    long long blocks;
    unsigned* gathered; // keys between low and high
    long long capacity;
    unsigned long long above;
    unsigned long long equalHigh;
    unsigned long long between;
    unsigned long long equalLow;
    unsigned long long remaining; // how many of those with the digits so far are to be kept
    unsigned long long equal;     // how many have the threshold itself
    unsigned low;
    unsigned high;
    unsigned base;   // what is added to the digits
    unsigned prefix; // the digits of the threshold so far, over the base
    unsigned width;  // the number of bits that are not known yet
    unsigned isAmongGathered;
    unsigned isScore;
    unsigned bad; // whether a value is NaN or infinite
    unsigned ticket;
    unsigned unused;
};

struct Work
{
    const Row* rows;
    Group* groups;
    unsigned long long* kept; // of each row
    unsigned long long* bins; // of each ranking
    unsigned* counts;         // of each block
    long long rowCount;
    double shift; // what is added to the rank in the sample, as a fraction of it: 0 but in trials
};

const unsigned All = 0xffffffffu;
const int Lanes = 32;
const int DigitBits = 11;
const int Bins = 1 << DigitBits;
const int BlockLength = 16384;
const int Loads = 16; // the values of a thread that are read together
const int WarpLength = Lanes * Loads;
const int Staged = 4096;
const int SampledAThread = 16;

// A higher key ranks higher. Of scores both zeros are one key, and what is below counts down from it.
template<bool isScore> __device__ unsigned keyOf(unsigned bits)
{
    return !isScore ? bits & 0x7fffffffu : bits > 0x7fffffffu ? 0u - bits : bits + 0x80000000u;
}

__device__ bool isFinite(unsigned bits)
{
    return (bits & 0x7fffffffu) < 0x7f800000u;
}

__device__ unsigned warpSum(unsigned value)
{
#if __CUDA_ARCH__ >= 800
    return __reduce_add_sync(All, value);
#else
    for (int distance = Lanes / 2; distance > 0; distance /= 2)
    {
        value += __shfl_xor_sync(All, value, distance);
    }

    return value;
#endif
}

// The sum of the values of this lane and of those before it.
__device__ unsigned warpScan(unsigned value)
{
    const int lane = threadIdx.x % Lanes;
    for (int distance = 1; distance < Lanes; distance *= 2)
    {
        const unsigned other = __shfl_up_sync(All, value, distance);
        value += lane >= distance ? other : 0;
    }

    return value;
}

// The sum over a block, for each thread. The sums are memory for 32 numbers, not used by the call before.
__device__ unsigned blockSum(unsigned value, unsigned* sums)
{
    const int lane = threadIdx.x % Lanes, warp = threadIdx.x / Lanes, warps = blockDim.x / Lanes;
    value = warpSum(value);
    if (lane == 0)
    {
        sums[warp] = value;
    }

    __syncthreads();
    return warpSum(lane < warps ? sums[lane] : 0);
}

// The sum over the threads before this one. The sums are memory for 32 numbers.
__device__ unsigned long long blockScan(unsigned long long value, unsigned long long* sums)
{
    const int lane = threadIdx.x % Lanes, warp = threadIdx.x / Lanes;
    unsigned long long upTo = value;
    for (int distance = 1; distance < Lanes; distance *= 2)
    {
        const unsigned long long other = __shfl_up_sync(All, upTo, distance);
        upTo += lane >= distance ? other : 0;
    }

    if (lane == Lanes - 1)
    {
        sums[warp] = upTo;
    }

    __syncthreads();
    unsigned long long before = upTo - value;
    for (int w = 0; w < warp; w++)
    {
        before += sums[w];
    }

    return before;
}

// True in the last of some blocks that comes here; what the others wrote before is seen then.
__device__ bool isLast(unsigned* ticket, unsigned blocks)
{
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0)
    {
        last = atomicAdd(ticket, 1u) == blocks - 1;
        if (last)
        {
            *ticket = 0;
        }
    }

    __syncthreads();
    __threadfence();
    return last;
}

// The values of a block: of one row, from a start to an end.
struct Part
{
    long long row;
    long long start;
    long long end;
};

__device__ Part partOf(const Work& work)
{
    long long from = 0, to = work.rowCount;
    while (to - from > 1)
    {
        const long long middle = (from + to) / 2;
        if (work.rows[middle].firstBlock <= (long long)blockIdx.x)
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
    part.start = (blockIdx.x - work.rows[from].firstBlock) * BlockLength;
    part.end = part.start + BlockLength < work.rows[from].count ? part.start + BlockLength : work.rows[from].count;
    return part;
}

// The bits of a value by its place in a ranking.
__device__ unsigned valueAt(const Work& work, const Group& group, long long place)
{
    long long from = group.firstRow, to = from + group.rows;
    while (to - from > 1)
    {
        const long long middle = (from + to) / 2;
        if (work.rows[middle].firstValue <= place)
        {
            from = middle;
        }
        else
        {
            to = middle;
        }
    }

    return work.rows[from].values[place - work.rows[from].firstValue];
}

// A number for each index, as good as random.
__device__ unsigned mixed(unsigned index)
{
    index = (index ^ index >> 16) * 0x7feb352du;
    index = (index ^ index >> 15) * 0x846ca68bu;
    return index ^ index >> 16;
}

// Finds two keys, almost surely one at or above the threshold and one at or below it. One block for each ranking; one that is small is its own sample.
extern "C" __global__ void __launch_bounds__(1024) sample(const Work work)
{
    __shared__ unsigned sums[2 * Lanes];
    Group& group = work.groups[blockIdx.x];
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        work.bins[(long long)blockIdx.x * Bins + i] = 0;
    }

    const long long most = (long long)blockDim.x * SampledAThread;
    const bool isWhole = group.count <= most;
    const long long size = isWhole ? group.count : most;
    unsigned keys[SampledAThread];
#pragma unroll
    for (int k = 0; k < SampledAThread; k++)
    {
        // One from each of equal stretches.
        const long long i = (long long)k * blockDim.x + threadIdx.x;
        const long long start = isWhole ? i : i * group.count / size;
        const long long length = isWhole ? 1 : (i + 1) * group.count / size - start;
        const unsigned bits = i < size ? valueAt(work, group, start + (long long)((unsigned long long)mixed((unsigned)i) * length >> 32)) : 0;
        keys[k] = i >= size ? 0 : group.isScore ? keyOf<true>(bits) : keyOf<false>(bits);
    }

    const double rank = isWhole ? (double)group.keep : (double)group.keep * size / group.count + work.shift * size;
    const double rest = size - rank > 0 ? size - rank : 0;
    const double margin = isWhole ? 0 : 4.5f * sqrtf((float)((rank > 0 ? rank : 0) * rest / size)) + 2;
    const long long rankHigh = (long long)(rank - margin), rankLow = (long long)(rank + margin) + (isWhole ? 0 : 1);
    unsigned high = 0, low = 0;
    for (int bit = 31; bit >= 0; bit--)
    {
        const unsigned nextHigh = high | 1u << bit, nextLow = low | 1u << bit;
        unsigned counts = 0;
#pragma unroll
        for (int k = 0; k < SampledAThread; k++)
        {
            counts += (keys[k] >= nextHigh ? 1u : 0u) + (keys[k] >= nextLow ? 0x10000u : 0u);
        }

        counts = blockSum(counts, sums + (bit & 1) * Lanes);
        high = (long long)(counts & 0xffffu) >= rankHigh ? nextHigh : high;
        low = (long long)(counts >> 16) >= rankLow ? nextLow : low;
    }

    if (threadIdx.x == 0)
    {
        // A rank of 0 or less has the highest key there is, one beyond the sample the lowest.
        group.high = high;
        group.low = low;
    }
}

// Decides where the threshold is searched, or that it is known.
__device__ void narrow(Group& group)
{
    const unsigned long long above = atomicAdd(&group.above, 0ull);
    const unsigned long long toHigh = above + atomicAdd(&group.equalHigh, 0ull);
    const unsigned long long between = atomicAdd(&group.between, 0ull);
    const unsigned long long equalLow = atomicAdd(&group.equalLow, 0ull);
    const unsigned long long keep = group.keep;
    group.prefix = 0;
    group.width = 0;
    group.isAmongGathered = 0;
    if (keep == 0)
    {
        // Above every finite value.
        group.base = All;
        group.remaining = group.equal = 0;
    }
    else if (keep > above && keep <= toHigh)
    {
        group.base = group.high;
        group.equal = toHigh - above;
        group.remaining = keep - above;
    }
    else if (keep > toHigh && keep <= toHigh + between && between <= (unsigned long long)group.capacity)
    {
        group.base = group.low + 1;
        group.width = Lanes - __clz((int)(group.high - group.low - 2));
        group.isAmongGathered = 1;
        group.equal = between;
        group.remaining = keep - toHigh;
    }
    else if (keep > toHigh + between && keep <= toHigh + between + equalLow)
    {
        group.base = group.low;
        group.equal = equalLow;
        group.remaining = keep - toHigh - between;
    }
    else
    {
        group.base = 0;
        group.width = Lanes;
        group.remaining = keep;
    }
}

template<bool isScore> __device__ void gatherOf(const Work& work, const Part& part)
{
    __shared__ unsigned staged[Staged];
    __shared__ unsigned stagedCount, stagedEnd, sumAbove, sumHigh, sumLow, anyBad;
    __shared__ unsigned long long place;
    const Row& row = work.rows[part.row];
    Group& group = work.groups[row.group];
    if (threadIdx.x == 0)
    {
        stagedCount = sumAbove = sumHigh = sumLow = anyBad = 0;
        stagedEnd = Staged;
    }

    __syncthreads();
    const int lane = threadIdx.x % Lanes;
    const unsigned low = group.low, high = group.high;
    unsigned* const gathered = group.gathered;
    const unsigned long long capacity = group.capacity;
    unsigned above = 0, equalHigh = 0, equalLow = 0, bad = 0;
    for (long long at = part.start + threadIdx.x / Lanes * WarpLength; at < part.end; at += blockDim.x / Lanes * WarpLength)
    {
        const int left = part.end - at < WarpLength ? (int)(part.end - at) : WarpLength;
        const unsigned* const values = row.values + at;
        unsigned keys[Loads];
#pragma unroll
        for (int k = 0; k < Loads; k++)
        {
            keys[k] = k * Lanes + lane < left ? values[k * Lanes + lane] : 0;
        }

        unsigned between = 0;
#pragma unroll
        for (int k = 0; k < Loads; k++)
        {
            const bool isThere = k * Lanes + lane < left;
            bad |= isFinite(keys[k]) ? 0 : 1;
            keys[k] = keyOf<isScore>(keys[k]);
            above += isThere && keys[k] > high ? 1 : 0;
            equalHigh += isThere && keys[k] == high ? 1 : 0;
            equalLow += isThere && keys[k] == low && low != high ? 1 : 0;
            between |= isThere && keys[k] > low && keys[k] < high ? 1u << k : 0;
        }

        const unsigned mine = __popc(between);
        const unsigned upTo = warpScan(mine);
        const unsigned all = __shfl_sync(All, upTo, Lanes - 1);
        if (all == 0)
        {
            continue;
        }

        unsigned first = 0;
        if (lane == 0)
        {
            first = atomicAdd(&stagedCount, all);
        }

        first = __shfl_sync(All, first, 0);
        if (first + all <= Staged)
        {
            unsigned* to = staged + first + upTo - mine;
#pragma unroll
            for (int k = 0; k < Loads; k++)
            {
                if (between >> k & 1)
                {
                    *to++ = keys[k];
                }
            }

            continue;
        }

        // More than are expected.
        unsigned long long beyond = 0;
        if (lane == 0)
        {
            stagedEnd = first <= Staged ? first : stagedEnd;
            beyond = atomicAdd(&group.between, (unsigned long long)all);
        }

        beyond = __shfl_sync(All, beyond, 0) + upTo - mine;
#pragma unroll
        for (int k = 0; k < Loads; k++)
        {
            if ((between >> k & 1) && beyond < capacity)
            {
                gathered[beyond] = keys[k];
            }

            beyond += between >> k & 1;
        }
    }

    above = warpSum(above);
    equalHigh = warpSum(equalHigh);
    equalLow = warpSum(equalLow);
    bad = warpSum(bad);
    if (lane == 0)
    {
        atomicAdd(&sumAbove, above);
        atomicAdd(&sumHigh, equalHigh);
        atomicAdd(&sumLow, equalLow);
        atomicAdd(&anyBad, bad);
    }

    __syncthreads();
    const unsigned count = stagedCount <= Staged ? stagedCount : stagedEnd;
    if (threadIdx.x == 0)
    {
        place = count > 0 ? atomicAdd(&group.between, (unsigned long long)count) : 0;
        if (sumAbove > 0)
        {
            atomicAdd(&group.above, (unsigned long long)sumAbove);
        }

        if (sumHigh > 0)
        {
            atomicAdd(&group.equalHigh, (unsigned long long)sumHigh);
        }

        if (sumLow > 0)
        {
            atomicAdd(&group.equalLow, (unsigned long long)sumLow);
        }

        if (anyBad > 0)
        {
            atomicOr(&group.bad, 1u);
        }
    }

    __syncthreads();
    for (unsigned i = threadIdx.x; i < count; i += blockDim.x)
    {
        if (place + i < capacity)
        {
            gathered[place + i] = staged[i];
        }
    }

    if (isLast(&group.ticket, (unsigned)group.blocks) && threadIdx.x == 0)
    {
        narrow(group);
    }
}

// Counts the values above the two keys of the sample and at them, and gathers those between.
extern "C" __global__ void __launch_bounds__(256) gather(const Work work)
{
    const Part part = partOf(work);
    if (work.groups[work.rows[part.row].group].isScore)
    {
        gatherOf<true>(work, part);
    }
    else
    {
        gatherOf<false>(work, part);
    }
}

// Finds the next digit of the threshold: counts the keys by it, of those whose higher digits are the threshold's, and goes down from the highest to the number to keep.
extern "C" __global__ void __launch_bounds__(256) digit(const Work work)
{
    __shared__ unsigned local[Bins];
    __shared__ unsigned long long sums[Lanes];
    Part part = partOf(work);
    const Row& row = work.rows[part.row];
    Group& group = work.groups[row.group];
    const unsigned width = group.width;
    if (width == 0)
    {
        return;
    }

    const unsigned* values = row.values;
    const bool isGathered = group.isAmongGathered != 0, isScore = group.isScore != 0;
    unsigned blocks = (unsigned)group.blocks;
    if (isGathered)
    {
        const long long between = (long long)group.between;
        blocks = (unsigned)((between + BlockLength - 1) / BlockLength);
        values = group.gathered;
        part.start = (blockIdx.x - group.firstBlock) * BlockLength;
        part.end = part.start + BlockLength < between ? part.start + BlockLength : between;
        if (part.start >= between)
        {
            return;
        }
    }

    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        local[i] = 0;
    }

    __syncthreads();
    const unsigned base = group.base;
    const unsigned bits = width < DigitBits ? width : DigitBits;
    const unsigned shift = width - bits;
    const unsigned long long higher = (unsigned long long)group.prefix >> width;
#pragma unroll 8
    for (long long i = part.start + threadIdx.x; i < part.end; i += blockDim.x)
    {
        const unsigned value = values[i];
        const unsigned key = (isGathered ? value : isScore ? keyOf<true>(value) : keyOf<false>(value)) - base;
        if ((unsigned long long)key >> width == higher)
        {
            atomicAdd(&local[key >> shift & ((1u << bits) - 1)], 1u);
        }
    }

    __syncthreads();
    unsigned long long* const bins = work.bins + row.group * Bins;
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        if (local[i] != 0)
        {
            atomicAdd(&bins[i], (unsigned long long)local[i]);
        }
    }

    if (!isLast(&group.ticket, blocks))
    {
        return;
    }

    const unsigned long long remaining = group.remaining;
    const int share = (Bins + blockDim.x - 1) / blockDim.x;
    const int first = Bins - 1 - (int)threadIdx.x * share;
    const volatile unsigned long long* const counted = bins;
    unsigned long long sum = 0;
    for (int i = 0; i < share && first - i >= 0; i++)
    {
        sum += counted[first - i];
    }

    unsigned long long before = blockScan(sum, sums);
    if (before < remaining && remaining <= before + sum)
    {
        int bin = first;
        while (before + counted[bin] < remaining)
        {
            before += counted[bin--];
        }

        group.remaining = remaining - before;
        group.equal = counted[bin];
        group.prefix |= (unsigned)bin << shift;
        group.width = shift;
    }

    __syncthreads();
    for (int i = threadIdx.x; i < Bins; i += blockDim.x)
    {
        bins[i] = 0;
    }
}

// Writes the words of 512 values, of which each lane says which it keeps.
__device__ void writeWords(const Row& row, long long at, unsigned kept)
{
    const int lane = threadIdx.x % Lanes;
    unsigned word = 0;
#pragma unroll
    for (int k = 0; k < Loads; k++)
    {
        const unsigned next = __ballot_sync(All, kept >> k & 1);
        word = lane == k ? next : word;
    }

    // Words of 64 bits are written to their ends.
    if (lane < Loads && at / Lanes + lane < (row.count + 63) / 64 * 2)
    {
        row.words[at / Lanes + lane] = word;
    }
}

template<bool isScore> __device__ void markOf(const Work& work, const Part& part)
{
    __shared__ unsigned sumKept, sumTies;
    __shared__ unsigned long long sums[Lanes];
    const Row& row = work.rows[part.row];
    Group& group = work.groups[row.group];
    if (threadIdx.x == 0)
    {
        sumKept = sumTies = 0;
    }

    __syncthreads();
    const int lane = threadIdx.x % Lanes;
    const unsigned threshold = group.base + group.prefix;
    const bool keepsTies = group.equal == group.remaining;
    unsigned keptHere = 0, ties = 0;
    for (long long at = part.start + threadIdx.x / Lanes * WarpLength; at < part.end; at += blockDim.x / Lanes * WarpLength)
    {
        const int left = part.end - at < WarpLength ? (int)(part.end - at) : WarpLength;
        const unsigned* const values = row.values + at;
        unsigned keys[Loads];
#pragma unroll
        for (int k = 0; k < Loads; k++)
        {
            keys[k] = k * Lanes + lane < left ? values[k * Lanes + lane] : 0;
        }

        unsigned kept = 0;
#pragma unroll
        for (int k = 0; k < Loads; k++)
        {
            const bool isThere = k * Lanes + lane < left;
            const unsigned key = keyOf<isScore>(keys[k]);
            const bool isTie = isThere && key == threshold;
            ties += isTie ? 1 : 0;
            kept |= (isThere && key > threshold) || (isTie && keepsTies) ? 1u << k : 0;
        }

        keptHere += __popc(kept);
        writeWords(row, at, kept);
    }

    keptHere = warpSum(keptHere);
    ties = warpSum(ties);
    if (lane == 0)
    {
        atomicAdd(&sumKept, keptHere);
        atomicAdd(&sumTies, ties);
    }

    __syncthreads();
    if (threadIdx.x == 0)
    {
        work.counts[blockIdx.x] = sumTies;
        if (sumKept > 0)
        {
            atomicAdd(&work.kept[part.row], (unsigned long long)sumKept);
        }
    }

    if (keepsTies || !isLast(&group.ticket, (unsigned)group.blocks))
    {
        return;
    }

    // The counts of blocks become those of all blocks before each.
    volatile unsigned* const counts = work.counts + group.firstBlock;
    const long long share = (group.blocks + blockDim.x - 1) / blockDim.x;
    const long long from = threadIdx.x * share;
    const long long to = from + share < group.blocks ? from + share : group.blocks;
    unsigned long long sum = 0;
    for (long long i = from; i < to; i++)
    {
        sum += counts[i];
    }

    unsigned long long before = blockScan(sum, sums);
    for (long long i = from; i < to; i++)
    {
        const unsigned count = counts[i];
        counts[i] = (unsigned)before;
        before += count;
    }
}

// Writes the mask: what is above the threshold, and what has it if all of that is kept.
extern "C" __global__ void __launch_bounds__(256) mark(const Work work)
{
    const Part part = partOf(work);
    if (work.groups[work.rows[part.row].group].isScore)
    {
        markOf<true>(work, part);
    }
    else
    {
        markOf<false>(work, part);
    }
}

template<bool isScore> __device__ void settleOf(const Work& work, const Part& part, unsigned long long room, unsigned ties)
{
    __shared__ unsigned tiesOf[Lanes];
    const Row& row = work.rows[part.row];
    const Group& group = work.groups[row.group];
    const int lane = threadIdx.x % Lanes, warp = threadIdx.x / Lanes, warps = blockDim.x / Lanes;
    const unsigned threshold = group.base + group.prefix;

    // Each warp has values that follow one another, so that ranks are counted on.
    const long long length = (BlockLength / WarpLength + warps - 1) / warps * WarpLength;
    const long long start = part.start + warp * length;
    const long long end = start + length < part.end ? start + length : part.end;
    unsigned mine = 0;
    for (long long i = start + lane; i < end; i += Lanes)
    {
        mine += keyOf<isScore>(row.values[i]) == threshold ? 1 : 0;
    }

    mine = warpSum(mine);
    if (lane == 0)
    {
        tiesOf[warp] = mine;
    }

    __syncthreads();
    unsigned rank = 0;
    for (int w = 0; w < warp; w++)
    {
        rank += tiesOf[w];
    }

    for (long long at = start; at < end; at += WarpLength)
    {
        unsigned kept = 0;
        for (int k = 0; k < Loads; k++)
        {
            const long long i = at + k * Lanes + lane;
            const unsigned key = i < end ? keyOf<isScore>(row.values[i]) : 0;
            const bool isTie = i < end && key == threshold;
            const unsigned all = __ballot_sync(All, isTie);
            const bool isKept = isTie ? rank + __popc(all & ((1u << lane) - 1)) < room : i < end && key > threshold;
            kept |= isKept ? 1u << k : 0;
            rank += __popc(all);
        }

        writeWords(row, at, kept);
    }

    if (threadIdx.x == 0)
    {
        atomicAdd(&work.kept[part.row], ties < room ? (unsigned long long)ties : room);
    }
}

// Of the values that have the threshold, keeps the first of lowest index, where not all of them are kept.
extern "C" __global__ void __launch_bounds__(256) settle(const Work work)
{
    const Part part = partOf(work);
    const Group& group = work.groups[work.rows[part.row].group];
    const unsigned long long equal = group.equal, remaining = group.remaining;
    if (equal == remaining)
    {
        return;
    }

    const unsigned before = work.counts[blockIdx.x];
    const unsigned after = (long long)blockIdx.x + 1 < group.firstBlock + group.blocks ? work.counts[blockIdx.x + 1] : (unsigned)equal;
    if (after == before || before >= remaining)
    {
        return;
    }

    if (group.isScore)
    {
        settleOf<true>(work, part, remaining - before, after - before);
    }
    else
    {
        settleOf<false>(work, part, remaining - before, after - before);
    }
}
