/*
 * An application at a ring port, without the library: starts in a millisecond, so that a test can
 * kill a thousand of them. It asks for a VLAN, sends and receives as fast as it can, and leaves the
 * rest to whoever kills it.
 *
 *     ring-client SOCKET
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { RX_TAIL = 0, RX_HEAD = 128, TX_TAIL = 256, TX_HEAD = 384, SLOTS = 1024, SLOT_BYTES = 16 };
enum { LENGTH = 60, BURST = 16 };

static long number(const char *text, const char *key) {
    const char *at = strstr(text, key);
    return at == NULL ? 0 : strtol(at + strlen(key), NULL, 10);
}

static void *map(int fd) {
    struct stat file;
    void *memory;
    if (fstat(fd, &file) != 0) {
        exit(3);
    }
    memory = mmap(NULL, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        exit(3);
    }
    return memory;
}

/* Connects; the port may be in use by one that has just been killed. */
static int enter(const char *path, char *text, size_t size, int fds[2]) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    for (;;) {
        static const char hello[] = "hello 2 wake=0 queues=1";
        char control[CMSG_SPACE(2 * sizeof(int))];
        struct iovec part = {text, size - 1};
        struct msghdr message = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = control,
            .msg_controllen = sizeof control};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        ssize_t length;
        if (fd < 0) {
            exit(1);
        }
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0
            && send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL) > 0
            && (length = recvmsg(fd, &message, 0)) > 0) {
            struct cmsghdr *passed = CMSG_FIRSTHDR(&message);
            text[length] = 0;
            if (strncmp(text, "welcome 2 ", 10) == 0 && passed != NULL) {
                memcpy(fds, CMSG_DATA(passed), 2 * sizeof(int));
                return fd;
            }
        }
        close(fd);
        usleep(200);
    }
}

int main(int count, char **arguments) {
    char text[16384];
    int fds[2];
    char *rings;
    char *buffers;
    unsigned mac[6];
    long slots;
    long stride;
    long headroom;
    uint64_t sent = 0;
    uint64_t received = 0;
    if (count != 2) {
        return 2;
    }
    const int fd = enter(arguments[1], text, sizeof text, fds);
    const char *where = strstr(text, "mac=");
    rings = map(fds[0]);
    buffers = map(fds[1]);
    slots = number(text, "slots=");
    stride = number(text, "stride=");
    headroom = number(text, "headroom=");
    if (where == NULL || slots == 0
        || sscanf(where, "mac=%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5)
               != 6
        || send(fd, "vlan add 1 100", 14, MSG_NOSIGNAL) < 0) {
        return 4;
    }
    for (;;) {
        _Atomic uint64_t *const tx_tail = (void *)(rings + TX_TAIL);
        _Atomic uint64_t *const tx_head = (void *)(rings + TX_HEAD);
        _Atomic uint64_t *const rx_tail = (void *)(rings + RX_TAIL);
        _Atomic uint64_t *const rx_head = (void *)(rings + RX_HEAD);
        const uint64_t room =
            slots - (sent - atomic_load_explicit(tx_head, memory_order_acquire));
        for (uint64_t i = 0; i < room && i < BURST; i++) {
            uint64_t *const slot =
                (void *)(rings + SLOTS + slots * SLOT_BYTES
                         + ((sent + i) & (slots - 1)) * SLOT_BYTES);
            const uint64_t buffer = slot[0] & 0xFFFFFFFFu;
            unsigned char *const frame = (void *)(buffers + buffer * stride + headroom);
            memset(frame, 2, 6);
            for (int octet = 0; octet < 6; octet++) {
                frame[6 + octet] = mac[octet];
            }
            frame[12] = 8;
            frame[13] = 0;
            slot[0] = (uint64_t)LENGTH << 48 | (uint64_t)headroom << 32 | buffer;
            slot[1] = i % 2 == 0 ? 0 : (uint64_t)1 << 32 | 100;
        }
        sent += room < BURST ? room : BURST;
        atomic_store_explicit(tx_tail, sent, memory_order_release);
        received = atomic_load_explicit(rx_tail, memory_order_acquire);
        atomic_store_explicit(rx_head, received, memory_order_release);
    }
}
