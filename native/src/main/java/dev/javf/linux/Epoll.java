package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.libc.epoll_data;
import dev.javf.linux.libc.epoll_event;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Waits for any of many descriptors to become ready (epoll(7)). Any thread may add and remove
 * descriptors; one thread at a time polls and then looks at the events. Polling allocates nothing.
 */
public final class Epoll implements AutoCloseable {
    private static final long EVENT_BYTES = epoll_event.sizeof();
    private static final long EVENTS_OFFSET = epoll_event.events$offset();
    private static final long TOKEN_OFFSET = epoll_event.data$offset() + epoll_data.u64$offset();

    private final Descriptor descriptor;
    private final int capacity;
    private final CallState state = new CallState();
    private final MemorySegment events;
    private int ready;

    private Epoll(final Descriptor descriptor, final int capacity) {
        this.descriptor = descriptor;
        this.capacity = capacity;
        this.events = Arena.ofAuto().allocate(epoll_event.layout(), capacity);
    }

    /**
     * A new one that watches nothing.
     *
     * @param capacity how many events one poll returns at most, 1 or more.
     * @throws LinuxException if epoll_create1(2) fails.
     */
    public static Epoll create(final int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be at least 1, is " + capacity);
        }
        final int fd = SystemCalls.epollCreate(CallState.ofThread(), Libc.EPOLL_CLOEXEC());
        if (fd < 0) {
            throw new LinuxException("epoll_create1(EPOLL_CLOEXEC)", -fd);
        }
        return new Epoll(Descriptor.owned(fd), capacity);
    }

    /**
     * Watches a descriptor. It is no longer watched once it and all its duplicates are closed.
     *
     * @param watched remains the caller's.
     * @param eventMask of sys/epoll.h, such as {@code Libc.EPOLLIN()}.
     * @param token what {@link #token(int)} says of its events.
     * @throws LinuxException if it is watched already or can't be watched (a regular file).
     */
    public void add(final Descriptor watched, final int eventMask, final long token) {
        control("EPOLL_CTL_ADD", Libc.EPOLL_CTL_ADD(), watched, eventMask, token);
    }

    /** Changes the events and the token of a watched descriptor; otherwise as {@code add}. */
    public void modify(final Descriptor watched, final int eventMask, final long token) {
        control("EPOLL_CTL_MOD", Libc.EPOLL_CTL_MOD(), watched, eventMask, token);
    }

    /**
     * Stops watching a descriptor. Events that a poll has returned already remain to be seen.
     *
     * @throws LinuxException if it isn't watched.
     */
    public void remove(final Descriptor watched) {
        control("EPOLL_CTL_DEL", Libc.EPOLL_CTL_DEL(), watched, 0, 0);
    }

    /**
     * Looks for events, and waits for one if there is none.
     *
     * @param timeoutMs 0 to return at once, -1 to wait without limit.
     * @return how many events there are, 0 if none; a signal to the process may end the wait early.
     * @throws LinuxException if epoll_wait(2) fails.
     */
    public int poll(final int timeoutMs) {
        final int count =
                SystemCalls.epollWait(state, descriptor.fd(), events, capacity, timeoutMs);
        if (count < 0 && count != -Libc.EINTR()) {
            throw new LinuxException("epoll_wait(" + descriptor + ")", -count);
        }
        ready = Math.max(count, 0);
        return ready;
    }

    /** The token of event {@code index} of the last poll. */
    public long token(final int index) {
        return events.get(
                ValueLayout.JAVA_LONG_UNALIGNED,
                Objects.checkIndex(index, ready) * EVENT_BYTES + TOKEN_OFFSET);
    }

    /** What happened: the event bits of event {@code index} of the last poll. */
    public int eventMask(final int index) {
        return events.get(
                ValueLayout.JAVA_INT_UNALIGNED,
                Objects.checkIndex(index, ready) * EVENT_BYTES + EVENTS_OFFSET);
    }

    /** Closes it; the descriptors that it watches stay open. */
    @Override
    public void close() {
        descriptor.close();
    }

    private void control(
            final String name,
            final int operation,
            final Descriptor watched,
            final int eventMask,
            final long token) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment event = arena.allocate(epoll_event.layout());
            epoll_event.events(event, eventMask);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, TOKEN_OFFSET, token);
            final int result =
                    SystemCalls.epollCtl(
                            CallState.ofThread(), descriptor.fd(), operation, watched.fd(), event);
            if (result < 0) {
                throw new LinuxException(
                        "epoll_ctl(" + descriptor + ", " + name + ", " + watched + ")", -result);
            }
        }
    }
}
