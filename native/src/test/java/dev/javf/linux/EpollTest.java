package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

class EpollTest {
    @Test
    void shouldReturnAtOnceWhenNothingIsReady() {
        try (Epoll epoll = Epoll.create(4);
                EventFd event = EventFd.create()) {
            epoll.add(event.descriptor(), Libc.EPOLLIN(), 1);
            assertThat(epoll.poll(0)).isZero();
            assertThatThrownBy(() -> epoll.token(0)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void shouldTellWhichDescriptorsAreReadyAndWhy() {
        try (Epoll epoll = Epoll.create(4);
                EventFd one = EventFd.create();
                EventFd two = EventFd.create();
                EventFd three = EventFd.create()) {
            epoll.add(one.descriptor(), Libc.EPOLLIN(), 0x1_0000_0001L);
            epoll.add(two.descriptor(), Libc.EPOLLIN(), -2L);
            epoll.add(three.descriptor(), Libc.EPOLLIN(), 3L);
            one.signal();
            two.signal();
            assertThat(epoll.poll(-1)).isEqualTo(2);
            assertThat(Set.of(epoll.token(0), epoll.token(1)))
                    .containsExactlyInAnyOrder(0x1_0000_0001L, -2L);
            assertThat(epoll.eventMask(0)).isEqualTo(Libc.EPOLLIN());
            assertThat(epoll.eventMask(1)).isEqualTo(Libc.EPOLLIN());
        }
    }

    @Test
    void shouldReturnNoMoreEventsThanItsCapacityButAllInTurn() {
        try (Epoll epoll = Epoll.create(1);
                EventFd one = EventFd.create();
                EventFd two = EventFd.create()) {
            epoll.add(one.descriptor(), Libc.EPOLLIN(), 1);
            epoll.add(two.descriptor(), Libc.EPOLLIN(), 2);
            one.signal();
            two.signal();
            final Set<Long> seen = new HashSet<>();
            for (int i = 0; i < 2; i++) {
                assertThat(epoll.poll(0)).isEqualTo(1);
                seen.add(epoll.token(0));
            }
            assertThat(seen).containsExactlyInAnyOrder(1L, 2L);
        }
    }

    @Test
    void shouldChangeAndForgetDescriptors() {
        try (Epoll epoll = Epoll.create(4);
                EventFd event = EventFd.create()) {
            epoll.add(event.descriptor(), Libc.EPOLLIN(), 1);
            epoll.modify(event.descriptor(), Libc.EPOLLOUT(), 2);
            assertThat(epoll.poll(0)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(2);
            assertThat(epoll.eventMask(0)).isEqualTo(Libc.EPOLLOUT());
            epoll.remove(event.descriptor());
            assertThat(epoll.poll(0)).isZero();
        }
    }

    @Test
    void shouldReportMisuse(@TempDir final Path folder) throws Exception {
        final Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> Epoll.create(0)).isInstanceOf(IllegalArgumentException.class);
        try (Epoll epoll = Epoll.create(1);
                EventFd event = EventFd.create();
                Descriptor regular = Descriptor.open(file.toString(), Libc.O_RDONLY())) {
            epoll.add(event.descriptor(), Libc.EPOLLIN(), 1);
            assertThatThrownBy(() -> epoll.add(event.descriptor(), Libc.EPOLLIN(), 1))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EPOLL_CTL_ADD")
                    .hasMessageContaining("EEXIST");
            assertThatThrownBy(() -> epoll.add(regular, Libc.EPOLLIN(), 1))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EPERM");
            epoll.remove(event.descriptor());
            assertThatThrownBy(() -> epoll.remove(event.descriptor()))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ENOENT");
        }
    }

    @Test
    void shouldAllocateNothingWhilePolling() {
        try (Epoll epoll = Epoll.create(4);
                EventFd event = EventFd.create()) {
            epoll.add(event.descriptor(), Libc.EPOLLIN(), 1);
            final Runnable polls =
                    () -> {
                        for (int i = 0; i < 50_000; i++) {
                            event.signal();
                            if (epoll.poll(0) != 1 || epoll.token(0) != 1) {
                                throw new AssertionError("signal lost");
                            }
                            event.drain();
                            epoll.poll(0);
                        }
                    };
            assertThat(SteadyState.allocatedBytes(polls)).isZero();
        }
    }
}
