package dev.javf.linux;

import dev.javf.linux.net.Net;
import dev.javf.linux.net.sockaddr_un;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The name of a UNIX socket (unix(7)): a path, or with a leading {@code @} an abstract name, which
 * has no file and vanishes with its socket.
 *
 * @param name 1 to 107 bytes of UTF-8 without NUL, {@code @} included.
 */
public record UnixAddress(String name) {
    private static final long PATH_OFFSET = sockaddr_un.sun_path$offset();
    private static final long MAX_BYTES = sockaddr_un.sun_path$layout().byteSize() - 1;

    /** Checks the length. */
    public UnixAddress {
        final int lengthBytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (lengthBytes < 1 || lengthBytes > MAX_BYTES || name.equals("@")) {
            throw new IllegalArgumentException(
                    "socket name '"
                            + name
                            + "' must have 1 to "
                            + MAX_BYTES
                            + " bytes, has "
                            + lengthBytes
                            + "; use a shorter path, or @NAME for one without a file");
        }
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "socket name '" + name.replace("\0", "\\0") + "' must not contain NUL");
        }
    }

    /** Whether the name is abstract. */
    public boolean isAbstract() {
        return name.startsWith("@");
    }

    /** The file of an address that is not abstract. */
    Path path() {
        return Path.of(name);
    }

    /** The name as {@code struct sockaddr_un}, exactly as long as the kernel wants it. */
    MemorySegment toNative(final Arena arena) {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        final MemorySegment address = arena.allocate(sockaddr_un.layout());
        sockaddr_un.sun_family(address, (short) Net.AF_UNIX());
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, bytes.length);
        if (isAbstract()) {
            address.set(ValueLayout.JAVA_BYTE, PATH_OFFSET, (byte) 0);
            return address.asSlice(0, PATH_OFFSET + bytes.length);
        }
        return address.asSlice(0, PATH_OFFSET + bytes.length + 1);
    }

    @Override
    public String toString() {
        return name;
    }
}
