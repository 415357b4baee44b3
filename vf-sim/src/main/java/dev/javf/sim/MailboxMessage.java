package dev.javf.sim;

import java.lang.foreign.MemorySegment;

/**
 * A virtchnl message on its way, with a copy of its body that nobody else can change.
 *
 * @param virtualFunction the VF that it comes from or goes to.
 * @param opcode the operation, any number.
 * @param status of an answer; 0 in a request.
 * @param body as long as the message is; read-only.
 */
record MailboxMessage(int virtualFunction, int opcode, int status, MemorySegment body) {
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]).asReadOnly();

    static MailboxMessage empty(final int virtualFunction, final int opcode, final int status) {
        return new MailboxMessage(virtualFunction, opcode, status, EMPTY);
    }

    int lengthBytes() {
        return (int) body.byteSize();
    }
}
