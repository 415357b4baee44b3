package dev.javf.vfio.kernel;

import dev.javf.linux.Descriptor;
import dev.javf.linux.MemoryLock;
import dev.javf.linux.libc.Libc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernel itself. */
final class LinuxVfioCalls implements VfioCalls {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern EFFECTIVE = Pattern.compile("CapEff:\\s*([0-9a-f]+)");
    private static final Pattern LOCKED = Pattern.compile("VmLck:\\s*(\\d+) kB");
    private static final int CAP_IPC_LOCK = 14;
    private static final int BYTES_PER_KB = 1024;

    @Override
    public VfioFile open(final String path) {
        return new OpenDescriptor(Descriptor.open(path, Libc.O_RDWR()));
    }

    @Override
    public VfioFile adopt(final int fd) {
        return new OpenDescriptor(Descriptor.owned(fd));
    }

    @Override
    public long lockableBytes() {
        return mayLockAll() ? MemoryLock.UNLIMITED : MemoryLock.limitBytes();
    }

    private static boolean mayLockAll() {
        final Matcher matcher = EFFECTIVE.matcher(status());
        return matcher.find()
                && (Long.parseUnsignedLong(matcher.group(1), 16) >>> CAP_IPC_LOCK & 1) == 1;
    }

    @Override
    public long lockedBytes() {
        final Matcher matcher = LOCKED.matcher(status());
        return matcher.find() ? Long.parseLong(matcher.group(1)) * BYTES_PER_KB : 0;
    }

    private static String status() {
        try {
            return Files.readString(STATUS);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record OpenDescriptor(Descriptor descriptor) implements VfioFile {
        @Override
        public int fd() {
            return descriptor.fd();
        }

        @Override
        public int tryIoctl(final long request, final MemorySegment argument) {
            return descriptor.tryIoctl(request, argument);
        }

        @Override
        public long pread(final MemorySegment memory, final long offset) {
            return descriptor.pread(memory, offset);
        }

        @Override
        public long pwrite(final MemorySegment memory, final long offset) {
            return descriptor.pwrite(memory, offset);
        }

        @Override
        public MemorySegment map(final long offset, final long lengthBytes, final Arena arena) {
            return descriptor.map(offset, lengthBytes, Libc.PROT_READ() | Libc.PROT_WRITE(), arena);
        }

        @Override
        public void close() {
            descriptor.close();
        }
    }
}
