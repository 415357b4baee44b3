package dev.javf.virtchnl;

/** What {@link VlanFilters} has done since it was made. All only rise. */
public final class VlanFilterCounters {
    long addBatches;
    long deleteBatches;
    long fences;
    long filtersAdded;
    long filtersDeleted;
    long errorAnswers;
    long staleAnswers;
    long lateAnswers;
    long unexpectedAnswers;
    long timeouts;
    long doubts;
    long rejections;
    long refusals;
    long resets;

    VlanFilterCounters() {}

    VlanFilterCounters(final VlanFilterCounters other) {
        addBatches = other.addBatches;
        deleteBatches = other.deleteBatches;
        fences = other.fences;
        filtersAdded = other.filtersAdded;
        filtersDeleted = other.filtersDeleted;
        errorAnswers = other.errorAnswers;
        staleAnswers = other.staleAnswers;
        lateAnswers = other.lateAnswers;
        unexpectedAnswers = other.unexpectedAnswers;
        timeouts = other.timeouts;
        doubts = other.doubts;
        rejections = other.rejections;
        refusals = other.refusals;
        resets = other.resets;
    }

    /** Add messages. */
    public long addBatches() {
        return addBatches;
    }

    /** Delete messages. */
    public long deleteBatches() {
        return deleteBatches;
    }

    /** Messages that only prove that earlier answers will not come any more. */
    public long fences() {
        return fences;
    }

    /** Filters whose addition the PF confirmed. */
    public long filtersAdded() {
        return filtersAdded;
    }

    /** Filters whose deletion the PF confirmed. */
    public long filtersDeleted() {
        return filtersDeleted;
    }

    /** Answers with an error. */
    public long errorAnswers() {
        return errorAnswers;
    }

    /** Answers dropped because they belong to an earlier epoch. */
    public long staleAnswers() {
        return staleAnswers;
    }

    /** Answers dropped because they came after their deadline. */
    public long lateAnswers() {
        return lateAnswers;
    }

    /** Answers to nothing: the PF answered something twice. */
    public long unexpectedAnswers() {
        return unexpectedAnswers;
    }

    /** Deadlines that passed without an answer. */
    public long timeouts() {
        return timeouts;
    }

    /** Times that answers couldn't be told apart, and filters had to be resynchronised. */
    public long doubts() {
        return doubts;
    }

    /** Filters that the PF refused to add. */
    public long rejections() {
        return rejections;
    }

    /** Filters that the PF refused to delete, or to settle in any way. */
    public long refusals() {
        return refusals;
    }

    /** Resets. */
    public long resets() {
        return resets;
    }
}
