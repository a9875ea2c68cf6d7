/* SPDX-License-Identifier: MIT */
#include "console/sink.h"

#include "console/view.h"

void con_sink_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	if (n)
		s->ops->output(s, buf, n);
}

size_t con_sink_input(struct con_sink *s, uint8_t *buf, size_t room)
{
	return s->ops->input && room ? s->ops->input(s, buf, room) : 0;
}

uint32_t con_sink_origin(struct con_sink *s, const struct con_origin *o)
{
	return s->ops->origin ? s->ops->origin(s, o) : 0;
}

void con_sink_kick(struct con_sink *s)
{
	if (s->kick)
		s->kick(s->kick_ctx);
}

void con_sink_free(struct con_sink *s)
{
	if (s)
		s->ops->free(s);
}

int con_sink_attach(struct con_sink *s, int fd, bool input, uint64_t from,
		    const char *greeting, struct err *e)
{
	if (!s->view)
		return err_set(e, EXIT_USAGE, "this console is not for use");
	return con_view_add(s->view, fd, input ? CON_VIEW_INPUT : 0, from,
			    greeting, e);
}

uint64_t con_sink_start(const struct con_sink *s, uint64_t from)
{
	return s->view ? con_view_start(s->view, from) : 0;
}

bool con_sink_flushed(struct con_sink *s)
{
	return !s->view || con_view_flushed(s->view);
}

void con_sink_hangup(struct con_sink *s)
{
	if (s->view)
		con_view_hangup(s->view);
}
