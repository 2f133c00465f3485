/* freefall.decode._native: deframe.c for Python, by CPython's stable ABI of 3.11. accelerator.py says how it is called. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stdlib.h>

#include "deframe.h"

#ifndef FREEFALL_SOURCE
#define FREEFALL_SOURCE ""
#endif

static const char *const REASON_NAMES[REASONS] = {"oversize", "cobs", "crc", "length", "header", "apid", "size"};

/* The streams of a list of tuples (packet_len, sample_len, places), and what a caller gives to be filled. */
typedef struct {
    Deframer job;
    Py_buffer octets;
    Py_buffer *outputs; /* columns and samples of each stream, as far as they were got */
    Py_ssize_t got;
} Call;

static int begin(Call *call, PyObject *octets, PyObject *layouts)
{
    Py_ssize_t count = PySequence_Size(layouts);
    if (count < 0 || PyObject_GetBuffer(octets, &call->octets, PyBUF_SIMPLE))
        return -1;
    call->job.streams = calloc((size_t)count + 1, sizeof *call->job.streams);
    call->outputs = calloc(2 * (size_t)count + 1, sizeof *call->outputs);
    if (!call->job.streams || !call->outputs) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        Stream *stream = &call->job.streams[k];
        Py_ssize_t packet_len, sample_len, places;
        PyObject *layout = PySequence_GetItem(layouts, k);
        int parsed = layout && PyArg_ParseTuple(layout, "nnn", &packet_len, &sample_len, &places);
        Py_XDECREF(layout);
        if (!parsed)
            return -1;
        stream->packet_len = (size_t)packet_len;
        stream->sample_len = (size_t)sample_len;
        stream->places = (size_t)places;
        if (!stream_is_sound(stream)) {
            PyErr_Format(PyExc_ValueError, "no stream has packets of %zd octets with %zd samples of %zd",
                         packet_len, places, sample_len);
            return -1;
        }
        call->job.stream_count++;
    }
    return 0;
}

static void end(Call *call)
{
    while (call->got)
        PyBuffer_Release(&call->outputs[--call->got]);
    free(call->outputs);
    free(call->job.streams);
    free(call->job.rejects.at);
    free(call->job.others.at);
    if (call->octets.obj)
        PyBuffer_Release(&call->octets);
}

/* A buffer to be filled: contiguous, as long as `len`, and aligned as its words must be. */
static void *output(Call *call, PyObject *array, size_t len, size_t alignment)
{
    Py_buffer *buffer = &call->outputs[call->got];
    if (PyObject_GetBuffer(array, buffer, PyBUF_WRITABLE))
        return NULL;
    call->got++;
    if ((size_t)buffer->len < len || (uintptr_t)buffer->buf % alignment) {
        PyErr_Format(PyExc_ValueError, "an array of %zd octets was given where %zu are to be filled", buffer->len, len);
        return NULL;
    }
    return buffer->buf;
}

static int get_outputs(Call *call, PyObject *outputs)
{
    for (size_t k = 0; k < call->job.stream_count; k++) {
        Stream *stream = &call->job.streams[k];
        Py_ssize_t room;
        PyObject *columns, *samples, *given = PySequence_GetItem(outputs, (Py_ssize_t)k);
        int parsed = given && PyArg_ParseTuple(given, "nOO", &room, &columns, &samples);
        if (parsed && (room < 0 || room > PY_SSIZE_T_MAX / (COLUMNS * (Py_ssize_t)sizeof(int64_t) * MAX_LEN))) {
            PyErr_SetString(PyExc_ValueError, "there is no room for so many packets");
            parsed = 0;
        }
        if (parsed) {
            stream->room = (size_t)room;
            stream->columns = output(call, columns, COLUMNS * sizeof(int64_t) * stream->room, sizeof(int64_t));
            parsed = stream->columns != NULL;
        }
        if (parsed) {
            stream->samples = output(call, samples, stream->room * stream->places * stream->sample_len, 1);
            parsed = stream->samples != NULL;
        }
        Py_XDECREF(given);
        if (!parsed)
            return -1;
    }
    return 0;
}

static PyObject *listed(const Stretches *stretches)
{
    PyObject *list = PyList_New((Py_ssize_t)stretches->used);
    for (size_t i = 0; list && i < stretches->used; i++) {
        const Stretch *s = &stretches->at[i];
        PyObject *one = s->reason == SOUND ? Py_BuildValue("LL", (long long)s->start, (long long)s->stop)
            : Py_BuildValue("LLs", (long long)s->start, (long long)s->stop, REASON_NAMES[s->reason]);
        if (!one || PyList_SetItem(list, (Py_ssize_t)i, one))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *taken(const Deframer *job)
{
    PyObject *list = PyList_New((Py_ssize_t)job->stream_count);
    for (size_t k = 0; list && k < job->stream_count; k++) {
        const Stream *stream = &job->streams[k];
        PyObject *one = Py_BuildValue("nn", (Py_ssize_t)stream->packets, (Py_ssize_t)stream->sample_count);
        if (!one || PyList_SetItem(list, (Py_ssize_t)k, one))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *module_count(PyObject *module, PyObject *args)
{
    (void)module;
    Call call = {.got = 0};
    PyObject *octets, *layouts, *counts = NULL;
    if (PyArg_ParseTuple(args, "OIO", &octets, &call.job.apid, &layouts) && !begin(&call, octets, layouts)) {
        Py_BEGIN_ALLOW_THREADS
        deframe_count(&call.job, call.octets.buf, (size_t)call.octets.len);
        Py_END_ALLOW_THREADS
        counts = PyList_New((Py_ssize_t)call.job.stream_count);
        for (size_t k = 0; counts && k < call.job.stream_count; k++) {
            PyObject *room = PyLong_FromSize_t(call.job.streams[k].room);
            if (!room || PyList_SetItem(counts, (Py_ssize_t)k, room))
                Py_CLEAR(counts);
        }
    }
    end(&call);
    return counts;
}

static PyObject *module_deframe(PyObject *module, PyObject *args)
{
    Call call = {.got = 0};
    PyObject *octets, *layouts, *outputs, *found = NULL;
    call.job.crc32 = *(Crc32 **)PyModule_GetState(module);
    if (PyArg_ParseTuple(args, "OIOO", &octets, &call.job.apid, &layouts, &outputs) && !begin(&call, octets, layouts)
        && !get_outputs(&call, outputs)) {
        enum Outcome outcome;
        Py_BEGIN_ALLOW_THREADS
        outcome = deframe(&call.job, call.octets.buf, (size_t)call.octets.len);
        Py_END_ALLOW_THREADS
        if (outcome == NO_MEMORY)
            PyErr_SetString(PyExc_MemoryError, "no memory for what was rejected");
        else if (outcome == NO_ROOM)
            found = Py_BuildValue("");
        else
            found = Py_BuildValue("NNNL", taken(&call.job), listed(&call.job.rejects), listed(&call.job.others),
                                  (long long)call.job.idle);
    }
    end(&call);
    return found;
}

static PyObject *module_judge(PyObject *module, PyObject *encoded)
{
    (void)module;
    Py_buffer octets;
    uint8_t packet[MAX_LEN];
    size_t len = 0;
    if (PyObject_GetBuffer(encoded, &octets, PyBUF_SIMPLE))
        return NULL;
    enum Reason reason = judge_stretch(octets.buf, (size_t)octets.len, packet, &len);
    PyBuffer_Release(&octets);
    return reason == SOUND ? Py_BuildValue("y#O", packet, (Py_ssize_t)len, Py_None)
        : Py_BuildValue("Os", Py_None, REASON_NAMES[reason]);
}

static int start(PyObject *module)
{
    *(Crc32 **)PyModule_GetState(module) = crc32_chosen();
    return PyModule_AddStringConstant(module, "SOURCE", FREEFALL_SOURCE);
}

static PyMethodDef METHODS[] = {
    {"count", module_count, METH_VARARGS, "count(octets, apid, layouts) -> packets of each stream there may be, at most"},
    {"deframe", module_deframe, METH_VARARGS,
     "deframe(octets, apid, layouts, [(room, columns, samples)]) -> ([(packets, samples)], rejects, others, idle), or None: no room"},
    {"judge", module_judge, METH_O, "judge(encoded) -> (packet, None) or (None, reason), as freefall_wire.frame.judge"},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, start}, {0, NULL}};
static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_native", "Frames to packets in C.", sizeof(Crc32 *), METHODS, SLOTS, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&MODULE);
}
