package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.LinuxException;
import dev.javf.linux.MemoryFault;
import dev.javf.linux.OpenFile;
import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A client's file, mapped whole and once however many DMA mappings are of it. For one thread. */
final class MappedFile {
    private final OpenFile file;
    private final boolean isWritable;
    private final boolean canLosePages;
    private final Arena arena;
    private final MemorySegment memory;
    private int users;

    private MappedFile(
            final OpenFile file,
            final boolean isWritable,
            final boolean canLosePages,
            final Arena arena,
            final MemorySegment memory) {
        this.file = file;
        this.isWritable = isWritable;
        this.canLosePages = canLosePages;
        this.arena = arena;
        this.memory = memory;
    }

    /**
     * Maps a file.
     *
     * @param descriptor remains the caller's.
     * @param file what it is.
     * @param isWritable whether to map it for writing, too.
     * @throws LinuxException if it can't be mapped.
     */
    static MappedFile map(
            final Descriptor descriptor, final OpenFile file, final boolean isWritable) {
        final int protection = isWritable ? Libc.PROT_READ() | Libc.PROT_WRITE() : Libc.PROT_READ();
        final boolean canLosePages =
                (file.seals() & Libc.F_SEAL_SHRINK()) == 0 || OpenFile.hasHugePages(descriptor);
        final Arena arena = Arena.ofShared();
        try {
            return new MappedFile(
                    file,
                    isWritable,
                    canLosePages,
                    arena,
                    descriptor.map(0, file.lengthBytes(), protection, arena));
        } catch (final LinuxException e) {
            arena.close();
            throw e;
        }
    }

    /** Whether this is the same file, as long at least, and may be accessed as wanted. */
    boolean serves(final OpenFile wanted, final boolean forWriting) {
        return file.device() == wanted.device()
                && file.inode() == wanted.inode()
                && file.lengthBytes() >= wanted.lengthBytes()
                && (isWritable || !forWriting);
    }

    /** Whether pages that were there when the file was mapped can't be had any more. */
    boolean hasLostPages() {
        return canLosePages && !MemoryFault.isWhole(memory);
    }

    MemorySegment memory() {
        return memory;
    }

    void use() {
        users++;
    }

    /** Unmaps the file when nobody uses it any more, and says whether it has. */
    boolean release() {
        users--;
        if (users > 0) {
            return false;
        }
        close();
        return true;
    }

    void close() {
        arena.close();
    }
}
