"""The portal's addresses. The team comes from the session, so none of them names one."""

from django.urls import path

from generations.portal.views import by_mail, credits, library, media, projects, requests, shots, studio, takes, team, unclear

app_name = "portal"

urlpatterns = [
    path("", studio.home, name="home"),
    path("studio/", studio.studio, name="studio"),
    path("studio/quote/", studio.quote, name="quote"),
    path("studio/frames/", studio.upload, name="upload"),
    path("cards/", takes.cards, name="cards"),
    path("takes/<uuid:public_id>/", takes.take, name="take"),
    path("takes/<uuid:public_id>/recipe.json", takes.recipe_file, name="recipe_file"),
    path("takes/<uuid:public_id>/stage/", takes.stage, name="stage"),
    path("takes/<uuid:public_id>/cancel/", takes.cancel, name="cancel"),
    path("takes/<uuid:public_id>/review/", takes.review, name="review"),
    path("library/", library.library, name="library"),
    path("library/files/", library.library_files, name="library_files"),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<uuid:public_id>/", projects.project, name="project"),
    path("projects/<uuid:public_id>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<uuid:public_id>/shots/", shots.shot_add, name="shot_add"),
    path("shots/<uuid:public_id>/archive/", shots.shot_archive, name="shot_archive"),
    path("unclear/", unclear.unclear_list, name="unclear"),
    path("unclear/<uuid:public_id>/", unclear.unclear_take, name="unclear_take"),
    path("unclear/<uuid:public_id>/recover/", unclear.recover, name="recover"),
    path("unclear/<uuid:public_id>/fetch/", unclear.fetch_now, name="fetch_now"),
    path("unclear/<uuid:public_id>/<slug:name>/", unclear.decide, name="decide"),
    path("credits/", credits.credits, name="credits"),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/", requests.request_new, name="request_new"),
    path("requests/<uuid:public_id>/", requests.request_decide, name="request_decide"),
    path("requests/<uuid:public_id>/withdraw/", requests.request_withdraw, name="request_withdraw"),
    path("takes/<uuid:public_id>/approval/", requests.approval, name="approval"),
    path("r/<str:token>/", by_mail.request_by_mail, name="request_by_mail"),
    path("team/", team.team, name="team"),
    path("inputs/<str:token>/<str:name>", media.public_input, name="public_input"),
    path("media/<uuid:public_id>/<slug:kind>/", media.media, name="media"),
]
