package dev.javf.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.function.Function;

/**
 * Something that clients can ask for.
 *
 * @param name as written, such as {@code vlan add}.
 * @param role who may.
 * @param arguments names of all that it has.
 * @param description one sentence for people.
 * @param body does it; called on the control thread, must not block; the stage may complete on any
 *     thread, exceptionally with a {@link ControlException} when it can't be done. What it
 *     completes with makes the answer, on the control thread: no other thread's time is spent on
 *     that.
 */
public record Command(
        String name,
        Role role,
        List<String> arguments,
        String description,
        Function<Request, Answer> body) {
    /** The field of an answer that lists what was refused of what was asked for. */
    public static final String REJECTED = "rejected";

    /** What the audit log says of an answer. */
    static String outcome(final JsonNode answer) {
        final JsonNode rejected = answer.path(REJECTED);
        return rejected.isEmpty() ? "done" : "not all done, the PF refused " + rejected;
    }
}
