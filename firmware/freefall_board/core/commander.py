"""What a telecommand does: checked whole, then accepted or refused by a report, then done."""

from freefall_wire import packet, reports, telecommands


class Commander:
    """Executes telecommands (SPEC 7). Foreground; it allocates, as nothing of it is steady state."""

    def __init__(self, apid, reporter, settings, functions, keep):
        """functions: what each function of SPEC 7 does, by its number.

        keep(changes): ends sampling and keeps (setting number, value) pairs for the next boot; whether they could be kept.
        """
        self._apid = apid
        self._reporter = reporter
        self._settings = settings
        self._functions = functions
        self._keep = keep
        self._services = {
            (telecommands.TEST, telecommands.ARE_YOU_ALIVE): self._alive,
            (telecommands.PARAMETERS, telecommands.REPORT_VALUES): self._report_values,
            (telecommands.PARAMETERS, telecommands.SET_VALUES): self._set_values,
            (telecommands.FUNCTIONS, telecommands.PERFORM): self._perform,
        }

    def execute(self, data):
        """Act on the packet of a telecommand; of another payload's, nothing is said."""
        if packet.apid_of(data) != self._apid:
            return
        request = telecommands.request_of(data)
        try:
            service = self._services.get(telecommands.service_of(data))
            if service:
                service(data, request)
            else:
                self._refuse(request, reports.NO_SUCH_SERVICE)
        except telecommands.Malformed:
            self._refuse(request, reports.WRONG_FORM)

    def _refuse(self, request, reason, number=0, value=0, limit=0):
        self._reporter.verification(reports.REFUSED, request, reason, number, value, limit)

    def _accept(self, request):
        self._reporter.verification(reports.ACCEPTED, request)

    def _complete(self, request):
        self._reporter.verification(reports.COMPLETED, request)

    def _alive(self, data, request):
        telecommands.no_data(data)
        self._accept(request)
        self._reporter.alive()
        self._complete(request)

    def _report_values(self, data, request):
        telecommands.no_data(data)
        octets = self._settings.octets()
        if not octets:
            self._refuse(request, reports.NO_SUCH_SETTING)
            return
        self._accept(request)
        self._reporter.settings(octets)
        self._complete(request)

    def _set_values(self, data, request):
        changes = telecommands.values_of(data)
        for number, value in changes:
            refusal = self._settings.refusal(number, value)
            if refusal:
                reason, limit = refusal
                self._refuse(request, reason, number, value, limit)
                return
        self._accept(request)
        if self._keep(changes):
            self._complete(request)
        else:
            self._reporter.verification(reports.FAILED, request, reports.NOT_KEPT)
        self._functions[telecommands.RESTART]()

    def _perform(self, data, request):
        function = telecommands.function_of(data)
        if function not in self._functions:
            self._refuse(request, reports.NO_SUCH_FUNCTION, function)
            return
        self._accept(request)
        # Before it is done: after a restart there is nobody who could say so.
        self._complete(request)
        self._functions[function]()
