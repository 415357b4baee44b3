package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes a frame's bytes to the buffers of Rx descriptors: straight from the sender's, or by way of
 * a copy where a buffer isn't one piece of this process's memory. For the switch's thread.
 */
final class RxScatter {
    static final int FRAME_CHECK_SEQUENCE_BYTES = 4;

    private final DmaCursor buffer;
    private final MemorySegment checkSequence =
            Arena.ofAuto().allocate(FRAME_CHECK_SEQUENCE_BYTES, Integer.BYTES);

    /** What is yet to be copied: start, header, the frame's pieces, and the check sequence. */
    private MemorySegment source = MemorySegment.NULL;

    private long sourceOffset;
    private int sourceBytes;
    private boolean isHeaderNext;
    private int nextPiece;
    private boolean isAsStored;
    private boolean isFirst;
    private int crc;
    private int crcBytes;

    RxScatter(final DmaSpace dma) {
        buffer = new DmaCursor(dma);
    }

    /**
     * Writes a frame that is all header to one buffer, as it is.
     *
     * @return false when it isn't mapped.
     */
    boolean write(final Frame frame, final int visibleTags, final long iova) {
        final int lengthBytes = frame.headerBytes();
        if (!buffer.select(iova, lengthBytes)) {
            start(frame, visibleTags, 0);
            return fill(frame, iova, lengthBytes);
        }
        final MemorySegment memory = buffer.memory();
        final long offset = buffer.offset();
        MemorySegment.copy(frame.header(), frame.headerOffset(), memory, offset, lengthBytes);
        frame.restoreStart(memory, offset);
        return true;
    }

    /**
     * Starts with a frame that is written piece by piece.
     *
     * @param visibleTags bit i for the frame's tag at position i.
     * @param crcBytes length of what the frame check sequence is computed over; 0 for none.
     */
    void start(final Frame frame, final int visibleTags, final int crcBytes) {
        isAsStored = frame.isAsStored(visibleTags);
        if (isAsStored) {
            source = frame.header();
            sourceOffset = frame.headerOffset();
            sourceBytes = frame.headerBytes();
        } else {
            source = frame.editStart(visibleTags);
            sourceOffset = 0;
            sourceBytes =
                    Ethernet.TYPE_OFFSET + Integer.bitCount(visibleTags) * Ethernet.VLAN_TAG_BYTES;
        }
        isFirst = true;
        isHeaderNext = !isAsStored;
        nextPiece = frame.firstPiece();
        crc = -1;
        this.crcBytes = crcBytes;
    }

    /**
     * Writes the next bytes to a buffer.
     *
     * @param lengthBytes 24 or more in the first buffer of a frame that has so many.
     * @return false when it isn't mapped.
     */
    boolean fill(final Frame frame, final long iova, final int lengthBytes) {
        if (buffer.select(iova, lengthBytes)) {
            copy(frame, buffer.memory(), buffer.offset(), lengthBytes);
            return true;
        }
        final MemorySegment bounce = frame.receiveBounce();
        copy(frame, bounce, 0, lengthBytes);
        return buffer.write(iova, bounce, 0, lengthBytes);
    }

    private void copy(
            final Frame frame,
            final MemorySegment target,
            final long targetOffset,
            final int lengthBytes) {
        long to = targetOffset;
        int left = lengthBytes;
        while (left > 0) {
            if (sourceBytes == 0) {
                nextSource(frame);
            }
            final int chunk = Math.min(sourceBytes, left);
            MemorySegment.copy(source, sourceOffset, target, to, chunk);
            if (crcBytes > 0) {
                crc = Checksums.frameCheckSequence(crc, source, sourceOffset, chunk);
                crcBytes -= chunk;
            }
            sourceOffset += chunk;
            sourceBytes -= chunk;
            to += chunk;
            left -= chunk;
        }
        if (isFirst && isAsStored) {
            frame.restoreStart(target, targetOffset);
        }
        isFirst = false;
    }

    private void nextSource(final Frame frame) {
        if (isHeaderNext) {
            isHeaderNext = false;
            source = frame.header();
            sourceOffset = frame.headerOffset() + frame.typeOffset();
            sourceBytes = frame.headerBytes() - frame.typeOffset();
        } else if (nextPiece < frame.pieces()) {
            source = frame.pieceMemory(nextPiece);
            sourceOffset = frame.pieceOffset(nextPiece);
            sourceBytes = frame.pieceLength(nextPiece++);
        } else {
            checkSequence.set(ValueLayout.JAVA_INT, 0, ~crc);
            source = checkSequence;
            sourceOffset = 0;
            sourceBytes = FRAME_CHECK_SEQUENCE_BYTES;
        }
    }
}
