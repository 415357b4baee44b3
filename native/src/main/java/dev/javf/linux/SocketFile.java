package dev.javf.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The file that a bound UNIX socket leaves in the file system, told apart by its inode. */
record SocketFile(Path path, long inode) {
    /** The file at the path as it is now; it exists, for a socket was just bound or found there. */
    static SocketFile of(final Path path) {
        try {
            return new SocketFile(path, inode(path));
        } catch (final IOException e) {
            throw new UncheckedIOException("socket file " + path + " has vanished", e);
        }
    }

    /** Whether there is a file and it is a socket. */
    static boolean isSocket(final Path path) {
        try {
            final int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & LinuxConstants.S_IFMT) == LinuxConstants.S_IFSOCK;
        } catch (final IOException e) {
            return false;
        }
    }

    /** Deletes the file, unless another has taken its place. */
    void delete() {
        try {
            if (isSocket(path) && inode(path) == inode) {
                Files.deleteIfExists(path);
            }
        } catch (final IOException e) {
            // Whoever removed the file or its folder did what was to be done here.
            return;
        }
    }

    private static long inode(final Path path) throws IOException {
        return (long) Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }
}
