# SPDX-License-Identifier: MIT
# install.mk -- puts what was built where configure was told, and takes it away again; part of the Makefile.
#
#   in      the paths of config.mk; DESTDIR before each of them; what is to be installed, from the Makefile
#   out     install           binary, configuration, manual, documents, empty folders; what surrounds the daemon as examples
#           install-service   what surrounds the daemon where the system looks for it; nothing is enabled nor started
#           uninstall         takes away what both have put there; what the operator or the daemon wrote stays
#   errors  an existing configuration is never overwritten
folder_of = $(patsubst %/,%,$(dir $(1)))
CONF_FOLDER = $(call folder_of,$(CONF_PATH))
LOG_FOLDER = $(call folder_of,$(ERROR_LOG_PATH))
WORK_FOLDERS = $(sort $(LOG_FOLDER) $(call folder_of,$(HTTP_LOG_PATH)) $(TEMP_PATH) $(CACHE_PATH))
# The system's own folder for what runs is made at boot and belongs into no package.
PID_FOLDER = $(filter-out /run /var/run,$(call folder_of,$(PID_PATH)))
page_of = $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

# ---- what surrounds the daemon: in contrib/ with Debian's paths, installed with those of this build ----------------------

UNITDIR ?= $(PREFIX)/lib/systemd/system
USERUNITDIR ?= $(PREFIX)/lib/systemd/user
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
INITDIR ?= /etc/init.d
DEFAULTDIR ?= /etc/default
LOGROTATEDIR ?= /etc/logrotate.d
PLACE_systemd = $(UNITDIR)
PLACE_systemd/user = $(USERUNITDIR)
PLACE_sysusers.d = $(SYSUSERSDIR)
PLACE_tmpfiles.d = $(TMPFILESDIR)
PLACE_init.d = $(INITDIR)
PLACE_default = $(DEFAULTDIR)
PLACE_logrotate = $(LOGROTATEDIR)
SURROUNDINGS = systemd/pointsman.service systemd/pointsman@.service systemd/pointsman.socket systemd/user/pointsman.service \
  sysusers.d/pointsman.conf tmpfiles.d/pointsman.conf init.d/pointsman default/pointsman logrotate/pointsman
# What an administrator edits stays as it is.
EDITED = default/% logrotate/%

FITTED = sed -e 's,/usr/sbin/pointsman,$(SBIN_PATH),g' -e 's,/etc/pointsman/pointsman.yaml,$(CONF_PATH),g' \
  -e 's,\([= ]\)/etc/pointsman/,\1$(CONF_FOLDER)/,g' -e 's,/run/pointsman\.pid,$(PID_PATH),g' \
  -e 's,/var/log/pointsman\([/ ]\|$$\),$(LOG_FOLDER)\1,g' -e 's,/var/lib/pointsman,$(STATE_PATH),g' -e 's,/var/cache/pointsman,$(CACHE_PATH),g' \
  -e 's,/etc/default/,$(DEFAULTDIR)/,g' -e 's,^u pointsman ,u $(DAEMON_USER) ,' -e 's,0640 pointsman ,0640 $(DAEMON_USER) ,' $(TOP)/contrib/$(1)
service_folder = $(PLACE_$(call folder_of,$(1)))
service_file = $(DESTDIR)$(service_folder)/$(notdir $(1))
mode_of = $(if $(filter init.d/%,$(1)),0755,0644)
put = install -d $(dir $(2)) && $(FITTED) >$(2).new && chmod $(mode_of) $(2).new && mv -f $(2).new $(2)
put_unless_edited = if $(if $(filter $(EDITED),$(1)),[ -e $(2) ],false); then echo "kept: $(2)"; else $(put); fi

# ---- targets ------------------------------------------------------------------------------------------------------------

.PHONY: install install-strip install-service uninstall
install: all
	install -d $(DESTDIR)$(dir $(SBIN_PATH)) $(DESTDIR)$(CONF_FOLDER)/conf.d $(PID_FOLDER:%=$(DESTDIR)%) $(WORK_FOLDERS:%=$(DESTDIR)%)
	install -d -m 0700 $(DESTDIR)$(STATE_PATH)
	install -m 0755 $(B)/pointsman $(DESTDIR)$(SBIN_PATH)
	install -m 0644 $(DEFAULT_CONF) $(DESTDIR)$(CONF_PATH).default
	[ -e $(DESTDIR)$(CONF_PATH) ] || install -m 0644 $(DEFAULT_CONF) $(DESTDIR)$(CONF_PATH)
	install -d $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 $(DESTDIR)$(MANDIR)/man8
	install -m 0644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)/
	install -m 0644 $(EXAMPLES) $(DESTDIR)$(DOCDIR)/examples/
	$(foreach f,$(MANUALS),install -m 0644 $(f) $(call page_of,$(f)) &&) true
	@$(foreach f,$(SURROUNDINGS),$(call put,$(f),$(DESTDIR)$(DOCDIR)/examples/$(f)) &&) true

install-strip: install
	strip $(DESTDIR)$(SBIN_PATH)

install-service:
	@$(foreach f,$(SURROUNDINGS),$(call put_unless_edited,$(f),$(call service_file,$(f))) &&) true

OWN_FOLDERS = $(DOCDIR) $(CONF_FOLDER)/conf.d $(CONF_FOLDER) $(WORK_FOLDERS) $(STATE_PATH)
# Folders that others use too, taken away when they are empty; those that every system has stay.
SHARED_FOLDERS = $(foreach f,$(SBIN_PATH) $(CONF_FOLDER) $(PID_PATH) $(DOCDIR) $(STATE_PATH) $(WORK_FOLDERS) $(MANDIR)/man5/x $(MANDIR)/man7/x $(MANDIR)/man8/x,$(dir $(f))) \
  $(foreach f,$(SURROUNDINGS),$(call service_folder,$(f)))
MAY_BE_EMPTIED = $(if $(DESTDIR)$(filter-out /usr /usr/local,$(PREFIX)),$(SHARED_FOLDERS))

uninstall:
	if cmp -s $(DESTDIR)$(CONF_PATH) $(DESTDIR)$(CONF_PATH).default; then rm -f $(DESTDIR)$(CONF_PATH); fi
	rm -f $(DESTDIR)$(SBIN_PATH) $(DESTDIR)$(CONF_PATH).default $(foreach f,$(MANUALS),$(call page_of,$(f)))
	@rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOCUMENTS)) $(addprefix examples/,$(notdir $(EXAMPLES)) $(SURROUNDINGS)))
	@[ ! -d $(DESTDIR)$(DOCDIR)/examples ] || find $(DESTDIR)$(DOCDIR)/examples -depth -type d -empty -delete
	@$(foreach f,$(SURROUNDINGS),if $(call FITTED,$(f)) | cmp -s - $(call service_file,$(f)); then rm -f $(call service_file,$(f)); fi;) true
	@$(foreach d,$(OWN_FOLDERS),rmdir $(DESTDIR)$(d) 2>/dev/null;) true
	@cd $(DESTDIR)/ && $(foreach d,$(MAY_BE_EMPTIED),rmdir -p .$(d) 2>/dev/null;) true
