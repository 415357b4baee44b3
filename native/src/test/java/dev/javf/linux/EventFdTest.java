package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

class EventFdTest {
    @Test
    void shouldCountSignalsUntilTheyAreDrained() {
        try (EventFd event = EventFd.create()) {
            assertThat(event.drain()).isZero();
            event.signal();
            event.signal();
            event.signal();
            assertThat(event.drain()).isEqualTo(3);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void shouldStaySignalledWhenTheCounterIsFull() {
        try (Arena arena = Arena.ofConfined();
                EventFd event = EventFd.create()) {
            final MemorySegment most = arena.allocateFrom(ValueLayout.JAVA_LONG, -2L);
            assertThat(event.descriptor().write(most)).isEqualTo(8);
            event.signal();
            assertThat(event.drain()).isEqualTo(-2L);
        }
    }

    @Test
    void shouldMakeAReceivedDescriptorNonBlocking() {
        final int fd = SystemCalls.eventfd(CallState.ofThread(), 0, Libc.EFD_CLOEXEC());
        try (EventFd event = EventFd.create(Descriptor.owned(fd))) {
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldNotWaitForACounterThatItsSenderHasFilled() {
        final int fd = SystemCalls.eventfd(CallState.ofThread(), 0, Libc.EFD_CLOEXEC());
        try (Arena arena = Arena.ofConfined();
                Descriptor sender = Descriptor.owned(fd);
                EventFd received = EventFd.create(sender.dup())) {
            received.signal();
            assertThat(received.drain()).isEqualTo(1);
            sender.write(arena.allocateFrom(ValueLayout.JAVA_LONG, -2L));
            sender.nonBlocking(false);
            received.signal();
            received.signal();
            assertThat(received.drain()).as("still signalled").isEqualTo(-2L);
        }
    }

    @Test
    void shouldReportADescriptorThatIsNoEventFd() {
        try (EventFd event = EventFd.create(Descriptor.open("/dev/full", Libc.O_RDWR()))) {
            assertThatThrownBy(event::signal)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ENOSPC");
        }
    }

    @Test
    void shouldAllocateNothing() {
        try (EventFd event = EventFd.create()) {
            final Runnable calls =
                    () -> {
                        for (int i = 0; i < 100_000; i++) {
                            event.signal();
                            event.drain();
                            event.drain();
                        }
                    };
            assertThat(SteadyState.allocatedBytes(calls)).isZero();
        }
    }
}
