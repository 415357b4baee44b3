/*
 * What C makes of a forwarder's work on descriptors: receive a burst, swap the addresses, transmit
 * it. The rings, the device's write-backs and the work for each packet are those of the driver that
 * it is compared with; the techniques are those that DPDK's scalar drivers use: packets described by
 * structures of two cache lines behind pointers, status words of eight descriptors scanned at a time,
 * buffers taken from and given to a stack of pointers in bulk, the next structure prefetched, one
 * doorbell for a burst, one report for a burst, compiler barriers where x86-64 needs no more.
 *
 * A library with one forwarder; the caller gives the memory, and either has this thread be the device
 * too or has another thread be it. Written for this project. gcc -O3 -march=native.
 */
#define _POSIX_C_SOURCE 199309L
#include <stdint.h>
#include <string.h>
#include <time.h>

#define RING 512u
#define MASK (RING - 1)
#define BLOCK 32u
#define BUFFERS (4 * RING)
#define BURST_MAX 256u
#define LENGTH 60u
#define HEADROOM 128u
#define STRIDE 2176u
/* Polls in vain after which the other thread is taken for dead. */
#define PATIENCE 1000000000ull
#define EXPORTED __attribute__((visibility("default")))

#define barrier() __asm__ volatile("" ::: "memory")

struct rx_descriptor { volatile uint64_t qword[4]; };
struct tx_descriptor { volatile uint64_t qword[2]; };

struct packet {
    char *buffer;
    uint64_t iova;
    uint16_t data_offset, references, segments, port;
    uint64_t flags;
    uint32_t type, packet_bytes;
    uint16_t data_bytes, vlan;
    uint32_t hash;
    struct packet *next;
    void *pool;
} __attribute__((aligned(128)));

static struct rx_descriptor *rx_ring;
static struct tx_descriptor *tx_ring;
static volatile uint32_t *rx_tail, *tx_tail;
static struct packet *packets, *rx_packets[RING], *tx_packets[RING], *stack[BUFFERS];
static unsigned stack_size, rx_next, rx_refill, rx_bare, tx_next, tx_free, tx_used;
static unsigned reports[RING], first_report, report_count;
static unsigned device_rx;
static uint64_t counters[8];
/* Status byte of a packet type: which checksums it has. */
static uint32_t type_flags[256];

/* The device, if it is not in another thread. */
static void arrive(unsigned count) {
    unsigned head = device_rx;
    for (unsigned i = 0; i < count; i++) {
        rx_ring[head].qword[0] = 0x1234567800640000u;
        barrier();
        rx_ring[head].qword[1] = 0x3007u | (uint64_t)LENGTH << 38;
        head = (head + 1) & MASK;
    }
    device_rx = head;
}

static void sent(void) {
    unsigned last = (*tx_tail - 1) & MASK;
    tx_ring[last].qword[1] |= 0xF;
}

/* The driver. */
static void refill(void) {
    while (rx_bare >= BLOCK && stack_size >= BLOCK) {
        stack_size -= BLOCK;
        memcpy(&rx_packets[rx_refill], &stack[stack_size], BLOCK * sizeof *stack);
        for (unsigned i = 0; i < BLOCK; i++) {
            struct packet *p = rx_packets[rx_refill + i];
            p->references = 1;
            p->segments = 1;
            p->next = 0;
            p->data_offset = HEADROOM;
            p->port = 0;
            rx_ring[rx_refill + i].qword[0] = p->iova + HEADROOM;
            rx_ring[rx_refill + i].qword[1] = 0;
        }
        rx_refill = (rx_refill + BLOCK) & MASK;
        rx_bare -= BLOCK;
        barrier();
        *rx_tail = (rx_refill - 1) & MASK;
    }
}

static unsigned receive(struct packet **burst, unsigned limit) {
    unsigned count = 0, slot = rx_next;
    uint64_t bytes = 0;
    while (count < limit) {
        uint64_t status[8];
        unsigned window = limit - count < 8 ? limit - count : 8, done = 0;
        for (; done < window; done++) {
            status[done] = rx_ring[(slot + done) & MASK].qword[1];
            if (!(status[done] & 1))
                break;
        }
        barrier();
        for (unsigned i = 0; i < done; i++) {
            struct packet *p = rx_packets[slot];
            uint64_t s = status[i], tag = rx_ring[slot].qword[0];
            __builtin_prefetch(rx_packets[(slot + 1) & MASK]);
            uint64_t flags = (s & 8) ? type_flags[(s >> 30) & 0xFF] : 0;
            p->packet_bytes = p->data_bytes = (uint16_t)((s >> 38) & 0x3FFF);
            p->type = (uint32_t)(s >> 30) & 0xFF;
            if (s & 4) {
                flags |= 1;
                p->vlan = (uint16_t)(tag >> 16);
            }
            if ((s & 0x3000) == 0x3000) {
                flags |= 32;
                p->hash = (uint32_t)(tag >> 32);
            }
            p->flags = flags;
            if ((s & (2 | 1u << 19 | 1u << 25)) != 2 || p->packet_bytes < 14 || p->packet_bytes > 2048) {
                counters[7]++;
                stack[stack_size++] = p;
            } else {
                burst[count++] = p;
                bytes += p->packet_bytes;
            }
            slot = (slot + 1) & MASK;
        }
        rx_bare += done;
        if (done < window)
            break;
    }
    rx_next = slot;
    if (count == 0)
        counters[0]++;
    else {
        counters[1] += count;
        counters[2] += bytes;
        counters[3]++;
    }
    if (rx_bare >= BLOCK)
        refill();
    return count;
}

static void free_done(void) {
    while (report_count) {
        unsigned slot = reports[first_report];
        if ((tx_ring[slot].qword[1] & 0xF) != 0xF)
            return;
        barrier();
        first_report = (first_report + 1) & MASK;
        report_count--;
        unsigned end = (slot + 1) & MASK;
        tx_used -= (end - tx_free) & MASK;
        for (; tx_free != end; tx_free = (tx_free + 1) & MASK)
            stack[stack_size++] = tx_packets[tx_free];
    }
}

static unsigned transmit(struct packet **burst, unsigned count) {
    free_done();
    unsigned room = MASK - tx_used, taken = 0;
    uint64_t bytes = 0;
    for (; taken < count && taken < room; taken++) {
        struct packet *p = burst[taken];
        if (taken + 1 < count)
            __builtin_prefetch(burst[taken + 1]);
        uint64_t command = 0x50 | (uint64_t)p->data_bytes << 34;
        if (p->flags & 1)
            command |= 0x80 | (uint64_t)p->vlan << 48;
        tx_packets[tx_next] = p;
        tx_ring[tx_next].qword[0] = p->iova + p->data_offset;
        tx_ring[tx_next].qword[1] = command;
        bytes += p->data_bytes;
        tx_next = (tx_next + 1) & MASK;
    }
    if (taken) {
        unsigned last = (tx_next - 1) & MASK;
        tx_ring[last].qword[1] |= 0x20;
        reports[(first_report + report_count++) & MASK] = last;
        tx_used += taken;
        counters[4] += taken;
        counters[5] += bytes;
        counters[6]++;
        barrier();
        *tx_tail = tx_next;
    }
    return taken;
}

static void swap(struct packet **burst, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        char *data = burst[i]->buffer + burst[i]->data_offset;
        uint64_t destination, source_high;
        uint32_t source_low;
        memcpy(&destination, data, 8);
        memcpy(&source_low, data + 8, 4);
        source_high = destination >> 48 | (uint64_t)source_low << 16;
        uint64_t low = source_high | destination << 48;
        uint32_t high = (uint32_t)(destination >> 16);
        memcpy(data, &low, 8);
        memcpy(data + 8, &high, 4);
    }
}

/*
 * Memory, zeroed: rings 24 KiB + 128 bytes (Rx, Tx, at 24576 the Rx tail and 64 behind it the Tx tail),
 * structures 128 bytes for each of 2048 buffers, and the buffers, each of 2176 bytes.
 */
EXPORTED void forward_open(char *rings, char *structures, char *data) {
    rx_ring = (struct rx_descriptor *)rings;
    tx_ring = (struct tx_descriptor *)(rings + RING * 32);
    rx_tail = (uint32_t *)(rings + RING * 48);
    tx_tail = (uint32_t *)(rings + RING * 48 + 64);
    packets = (struct packet *)structures;
    stack_size = rx_next = rx_refill = tx_next = tx_free = tx_used = 0;
    first_report = report_count = device_rx = 0;
    for (unsigned i = 0; i < BUFFERS; i++) {
        packets[i].buffer = data + (size_t)i * STRIDE;
        packets[i].iova = (1ull << 36) + (uint64_t)i * STRIDE;
        stack[stack_size++] = &packets[i];
    }
    type_flags[24] = type_flags[26] = type_flags[27] = 10;
    type_flags[22] = type_flags[23] = type_flags[28] = 2;
    type_flags[90] = type_flags[92] = type_flags[93] = 8;
    rx_bare = RING;
    refill();
}

/*
 * Forwards wanted packets in bursts of at most limit (1 to 256); polls[0] gets how many polls found
 * something. Nanoseconds for each packet; negative if the device has stopped.
 */
EXPORTED double forward_run(unsigned limit, unsigned wanted, int device_here, uint64_t *polls) {
    static struct packet *burst[BURST_MAX];
    struct timespec start, end;
    unsigned done = 0, held = 0;
    uint64_t hits = 0, vain = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (done < wanted) {
        if (device_here)
            arrive(limit);
        unsigned count = receive(burst + held, limit - held);
        if (count == 0) {
            if (++vain > PATIENCE)
                return -1;
        } else
            hits++;
        swap(burst + held, count);
        held += count;
        unsigned taken = transmit(burst, held);
        held -= taken;
        if (held)
            memmove(burst, burst + taken, held * sizeof *burst);
        if (device_here)
            sent();
        done += count;
    }
    while (held) {
        unsigned taken = transmit(burst, held);
        held -= taken;
        memmove(burst, burst + taken, held * sizeof *burst);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    polls[0] = hits;
    return ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / done;
}
