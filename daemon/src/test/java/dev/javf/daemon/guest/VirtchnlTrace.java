package dev.javf.daemon.guest;

import dev.javf.sim.SimulationObserver;
import dev.javf.virtchnl.Direction;
import dev.javf.virtchnl.MessageDescription;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Records what passes between VFs and their PF. Any thread may ask. */
final class VirtchnlTrace implements SimulationObserver {
    private final List<Line> lines = new ArrayList<>();

    /**
     * A message.
     *
     * @param timeNs when.
     * @param virtualFunction whose.
     * @param direction who sent it.
     * @param opcode the operation, any number.
     * @param status of an answer.
     * @param text what it says.
     */
    record Line(
            long timeNs,
            int virtualFunction,
            Direction direction,
            int opcode,
            int status,
            String text) {
        @Override
        public String toString() {
            return timeNs / 1_000_000 + " ms vf" + virtualFunction + " " + text;
        }
    }

    @Override
    public void onRequest(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final MemorySegment body) {
        add(timeNs, virtualFunction, Direction.VF_TO_PF, opcode, 0, body);
    }

    @Override
    public void onAnswer(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final int status,
            final MemorySegment body) {
        add(timeNs, virtualFunction, Direction.PF_TO_VF, opcode, status, body);
    }

    @Override
    public void onLost(
            final long timeNs, final int virtualFunction, final int opcode, final String reason) {
        put(
                new Line(
                        timeNs,
                        virtualFunction,
                        Direction.VF_TO_PF,
                        opcode,
                        0,
                        Opcode.nameOf(opcode) + " lost: " + reason));
    }

    private void add(
            final long timeNs,
            final int virtualFunction,
            final Direction direction,
            final int opcode,
            final int status,
            final MemorySegment body) {
        put(
                new Line(
                        timeNs,
                        virtualFunction,
                        direction,
                        opcode,
                        status,
                        MessageDescription.describe(
                                direction, opcode, status, body, 0, (int) body.byteSize())));
    }

    private synchronized void put(final Line line) {
        lines.add(line);
    }

    /** How many messages there have been so far. */
    synchronized int size() {
        return lines.size();
    }

    /** Messages of one VF, from the {@code from}-th of all on. */
    synchronized List<Line> since(final int from, final int virtualFunction) {
        return lines.subList(from, lines.size()).stream()
                .filter(line -> line.virtualFunction() == virtualFunction)
                .toList();
    }

    /** Operations that one VF has asked for, from the {@code from}-th message on. */
    List<Opcode> requests(final int from, final int virtualFunction) {
        return since(from, virtualFunction).stream()
                .filter(line -> line.direction() == Direction.VF_TO_PF)
                .map(line -> Opcode.of(line.opcode()))
                .toList();
    }

    /** Answers with another status than SUCCESS. */
    synchronized List<Line> refusals() {
        return lines.stream().filter(line -> line.status() != Status.SUCCESS.code()).toList();
    }

    @Override
    public synchronized String toString() {
        final StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
